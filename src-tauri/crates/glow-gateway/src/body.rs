//! Reading the body of a request that is not an upload: small, JSON, and soon.

use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::answer::Refusal;

/// Largest body, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// The whole body must have come within this.
const BODY_TIME: Duration = Duration::from_secs(20);

/// The body as a value; refused by the length it says of itself, or as soon as it is longer than allowed.
pub(crate) async fn json<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    let said =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(Refusal::bad_request(StatusCode::PAYLOAD_TOO_LARGE, "The request is too long."));
    }
    match timeout(BODY_TIME, Json::<T>::from_request(request, &())).await {
        Ok(Ok(Json(value))) => Ok(value),
        Ok(Err(error)) => Err(Refusal::bad_request(error.status(), error.body_text())),
        Err(_) => Err(Refusal::bad_request(StatusCode::REQUEST_TIMEOUT, "The request did not come in time.")),
    }
}
