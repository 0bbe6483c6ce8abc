//! `PUT clip`: the next bytes of a recording as the raw body, passed on as they come.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use glow_api::{Caller, ClipTarget};
use tokio::time::timeout;

use crate::answer::{Refusal, fresh};
use crate::gateway::Host;

/// A body that stands still for this long is given up; what came of it was taken.
const STALLED: Duration = Duration::from_secs(60);

pub(crate) async fn handle(
    State(host): State<Host>,
    target: Result<Query<ClipTarget>, QueryRejection>,
    body: Body,
) -> Result<Response, Refusal> {
    let Query(mut target) = target.map_err(|error| Refusal::bad_request(error.status(), error.body_text()))?;
    let mut pieces = body.into_data_stream();
    // Also a body without bytes opens the recording and says how far it is.
    let mut receipt = host.engine.record_next(Caller::Owner, &target, Bytes::new()).await?;
    while let Some(piece) = timeout(STALLED, pieces.next()).await.map_err(|_| cut_short())? {
        let piece = piece.map_err(|_| cut_short())?;
        let bytes = piece.len() as u64;
        receipt = host.engine.record_next(Caller::Owner, &target, piece).await?;
        target.offset += bytes;
    }
    Ok(fresh(receipt))
}

fn cut_short() -> Refusal {
    Refusal::bad_request(
        StatusCode::BAD_REQUEST,
        "The recording was cut short. Ask how far it came and go on from there.",
    )
}
