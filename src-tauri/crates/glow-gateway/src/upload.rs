//! `PUT upload`: one file as the raw body, streamed to the engine.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures::StreamExt;
use glow_api::{Caller, UploadTarget};
use tokio::time::timeout;

use crate::answer::{Refusal, fresh};
use crate::gateway::Host;

/// A body that stands still for this long is given up.
const STALLED: Duration = Duration::from_secs(60);

pub(crate) async fn handle(
    State(host): State<Host>,
    target: Result<Query<UploadTarget>, QueryRejection>,
    body: Body,
) -> Result<Response, Refusal> {
    let Query(target) = target.map_err(|error| Refusal::bad_request(error.status(), error.body_text()))?;
    let mut upload = host.engine.upload(Caller::Owner, target).await?;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = timeout(STALLED, pieces.next()).await.map_err(|_| stalled())? {
        upload.write(piece.map_err(|_| cut_short())?).await?;
    }
    Ok(fresh(upload.finish().await?))
}

fn stalled() -> Refusal {
    Refusal::bad_request(StatusCode::REQUEST_TIMEOUT, "The upload stood still for too long. Add the file again.")
}

fn cut_short() -> Refusal {
    Refusal::bad_request(StatusCode::BAD_REQUEST, "The upload was cut short. Add the file again.")
}
