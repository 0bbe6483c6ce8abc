//! Reading the body of a request that is taken in whole: within a limit, and soon.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use http_body_util::Limited;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::answer::Refusal;

/// Largest body, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// The whole body must have come within this.
const BODY_TIME: Duration = Duration::from_secs(20);

/// The body as a value; refused by the length it says of itself, or as soon as it is longer than allowed.
pub(crate) async fn json<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Refusal> {
    let request = limited(request, most)?;
    match timeout(BODY_TIME, Json::<T>::from_request(request, &())).await {
        Ok(Ok(Json(value))) => Ok(value),
        Ok(Err(error)) => Err(Refusal::bad_request(error.status(), error.body_text())),
        Err(_) => Err(Refusal::bad_request(StatusCode::REQUEST_TIMEOUT, "The request did not come in time.")),
    }
}

/// The body as it is, which must say its length.
pub(crate) async fn bytes(request: Request, most: usize) -> Result<Bytes, Refusal> {
    if said_length(&request).is_none() {
        return Err(Refusal::bad_request(StatusCode::LENGTH_REQUIRED, "The request does not say how long it is."));
    }
    match timeout(BODY_TIME, Bytes::from_request(limited(request, most)?, &())).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(Refusal::bad_request(error.status(), error.body_text())),
        Err(_) => Err(Refusal::bad_request(StatusCode::REQUEST_TIMEOUT, "The request did not come in time.")),
    }
}

/// Refuses a body by the length it says of itself, and cuts it off where it is longer than allowed.
fn limited(request: Request, most: usize) -> Result<Request, Refusal> {
    if said_length(&request).is_some_and(|length| length > most as u64) {
        return Err(Refusal::bad_request(StatusCode::PAYLOAD_TOO_LARGE, "The request is too long."));
    }
    Ok(request.map(|body| Body::new(Limited::new(body, most))))
}

fn said_length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
