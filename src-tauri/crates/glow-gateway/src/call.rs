//! `POST call`: one request of the contract.

use axum::extract::{self, State};
use axum::response::Response;
use glow_api::{Caller, Request};

use crate::answer::{Refusal, fresh};
use crate::body::{self, MAX_BODY_BYTES};
use crate::gateway::Host;

pub(crate) async fn handle(State(host): State<Host>, request: extract::Request) -> Result<Response, Refusal> {
    let request: Request = body::json(request, MAX_BODY_BYTES).await?;
    let name = request.name();
    match host.engine.call(Caller::Owner, request).await {
        Ok(reply) => Ok(fresh(reply)),
        Err(error) => {
            tracing::debug!(call = name, code = ?error.code, "refused: {error}");
            Err(error.into())
        }
    }
}
