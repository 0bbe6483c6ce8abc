//! `POST /g/knock` and `POST /g/enter`: both sides prove that they know the secret.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use glow_api::ErrorCode;
use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey, StaticSecret};

use super::door::{Door, Knock};
use super::keys::{BothKeys, SessionKeys};
use super::session::Session;
use crate::answer::{Refusal, fresh};
use crate::body;
use crate::connection::Ends;

/// Largest body of either, in bytes.
const BODY_BYTES: usize = 1_024;

#[derive(Deserialize)]
pub(super) struct KnockBody {
    door: String,
    key: String,
}

#[derive(Serialize)]
struct Answered {
    key: String,
}

#[derive(Deserialize)]
pub(super) struct EnterBody {
    key: String,
    proof: String,
}

#[derive(Serialize)]
struct Entered {
    session: String,
    proof: String,
}

pub(super) async fn knock(
    State(door): State<Door>,
    Extension(ends): Extension<Ends>,
    request: Request,
) -> Result<Response, Refused> {
    let from = ends.peer.ip().to_canonical();
    if !door.hears(from) {
        return Err(Refused::later());
    }
    let KnockBody { door: id, key } = body::json(request, BODY_BYTES).await?;
    if id != HEXLOWER.encode(&door.keys.id) {
        // Ids are no secret; whoever tries many of them is not to find out which doors there were.
        door.note_guess(from);
        let message = "This door is closed, or was opened anew: scan the QR code again.";
        return Err(Refusal::new(StatusCode::NOT_FOUND, ErrorCode::UnknownDoor, message).into());
    }
    let page = key_of(&key)?;
    let own = StaticSecret::from(crate::session::random());
    let answer = Answered { key: HEXLOWER.encode(PublicKey::from(&own).as_bytes()) };
    door.note_knock(Knock { page, own, from, at: Instant::now() }).ok_or_else(Refused::later)?;
    Ok(fresh(answer))
}

pub(super) async fn enter(
    State(door): State<Door>,
    Extension(ends): Extension<Ends>,
    request: Request,
) -> Result<Response, Refused> {
    let from = ends.peer.ip().to_canonical();
    if !door.hears(from) {
        return Err(Refused::later());
    }
    let EnterBody { key, proof } = body::json(request, BODY_BYTES).await?;
    let page = key_of(&key)?;
    let knock = door.take_knock(&page).ok_or_else(|| wrong("Knock first."))?;
    let both = BothKeys { page, door: PublicKey::from(&knock.own).to_bytes() };
    let proof = HEXLOWER.decode(proof.as_bytes()).unwrap_or_default();
    if !door.keys.admits(&both, &proof) {
        door.note_guess(from);
        return Err(wrong("The proof is wrong."));
    }
    let keys = SessionKeys::new(&door.keys, &knock.own, &both).ok_or_else(|| wrong("The key is none."))?;
    let arrived = door.engine.guest_arrives(&door.group, keys.binding).map_err(Refusal::from)?;
    let entered = Entered { session: HEXLOWER.encode(&keys.id), proof: HEXLOWER.encode(&door.keys.answer(&both)) };
    let session = Arc::new(Session::new(keys, arrived, from));
    door.add_session(session.clone());
    session.end_when_nobody_listens(&door);
    Ok(fresh(entered))
}

fn key_of(text: &str) -> Result<[u8; 32], Refusal> {
    let bytes = (text.len() == 64).then(|| HEXLOWER.decode(text.as_bytes()).ok()).flatten();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Refusal::bad_request(StatusCode::BAD_REQUEST, "The key is malformed."))
}

fn wrong(message: &str) -> Refused {
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::NotAllowed, message).into()
}

/// A refusal, and when it is worth to try again.
pub(super) enum Refused {
    For(Refusal),
    ForNow,
}

impl Refused {
    pub(super) fn later() -> Self {
        Self::ForNow
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::For(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self::For(refusal) = self else {
            let message = "Too much at once from there. Wait a minute.";
            let mut response =
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TryLater, message).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            return response;
        };
        refusal.into_response()
    }
}
