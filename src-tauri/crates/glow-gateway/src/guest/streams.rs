//! The two ways of a session's frames: a WebSocket, or events to the page and posts to the door.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ws::{self, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::BASE64;
use futures::{SinkExt, StreamExt};
use glow_api::ErrorCode;
use glow_engine::limits;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::channel::{FRAME_OVERHEAD, Refused};
use super::door::Door;
use super::session::{Listening, Next, Session};
use crate::answer::Refusal;
use crate::body;

/// A page that takes longer than this to take one message is gone.
const SEND_TIME: Duration = Duration::from_secs(10);
/// A page that is not heard for this long, not even by a sign of life, is gone.
const SILENT: Duration = Duration::from_secs(50);
/// Frames that wait for a page that listens by events.
const WAITING: usize = 4;
const LARGEST_FRAME: usize = limits::GUEST_MESSAGE_BYTES + FRAME_OVERHEAD;

pub(super) async fn socket(
    State(door): State<Door>,
    Path(session): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let (session, listening) = listen(&door, &session)?;
    Ok(upgrade.max_message_size(LARGEST_FRAME).max_frame_size(LARGEST_FRAME).on_upgrade(async move |socket| {
        converse(&door, &session, listening, socket).await;
        door.end_session(&session);
    }))
}

async fn converse(door: &Door, session: &Arc<Session>, mut listening: Listening, socket: WebSocket) {
    let mut events = door.engine.events();
    let (mut out, mut incoming) = socket.split();
    let mut heard = Instant::now();
    loop {
        let next = tokio::select! {
            said = incoming.next() => match said {
                Some(Ok(ws::Message::Binary(frame))) => {
                    heard = Instant::now();
                    if session.take(door, &frame).is_err() {
                        return;
                    }
                    continue;
                }
                Some(Ok(ws::Message::Ping(_) | ws::Message::Pong(_))) => {
                    heard = Instant::now();
                    continue;
                }
                Some(Ok(ws::Message::Text(_) | ws::Message::Close(_)) | Err(_)) | None => return,
            },
            next = listening.next(&door.engine, session.ticket, &mut events) => next,
        };
        let (message, is_last) = match next {
            Next::Frame(frame) => (ws::Message::Binary(frame), false),
            Next::Last(frame) => (ws::Message::Binary(frame), true),
            Next::Alive if heard.elapsed() > SILENT => return,
            Next::Alive => (ws::Message::Ping(Bytes::new()), false),
            Next::Over => return,
        };
        if !matches!(timeout(SEND_TIME, out.send(message)).await, Ok(Ok(()))) {
            return;
        }
        if is_last {
            let _ = timeout(SEND_TIME, out.send(ws::Message::Close(None))).await;
            return;
        }
    }
}

pub(super) async fn events(State(door): State<Door>, Path(session): Path<String>) -> Result<Response, Refusal> {
    let (session, mut listening) = listen(&door, &session)?;
    let (sender, mut lines) = mpsc::channel::<Bytes>(WAITING);
    tokio::spawn(async move {
        let mut events = door.engine.events();
        loop {
            let next = tokio::select! {
                () = sender.closed() => break,
                next = listening.next(&door.engine, session.ticket, &mut events) => next,
            };
            let (line, is_last) = match next {
                Next::Frame(frame) => (format!("data: {}\n\n", BASE64.encode(&frame)), false),
                Next::Last(frame) => (format!("data: {}\n\n", BASE64.encode(&frame)), true),
                Next::Alive => (":\n\n".to_owned(), false),
                Next::Over => break,
            };
            if !matches!(timeout(SEND_TIME, sender.send(line.into())).await, Ok(Ok(()))) || is_last {
                break;
            }
        }
        door.end_session(&session);
    });
    let lines = futures::stream::poll_fn(move |context| lines.poll_recv(context)).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

pub(super) async fn send(
    State(door): State<Door>,
    Path(session): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let session = door.session(&session).ok_or_else(no_session)?;
    let frame = body::bytes(request, LARGEST_FRAME).await?;
    session.take(&door, &frame).map_err(refusal)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn listen(door: &Door, session: &str) -> Result<(Arc<Session>, Listening), Refusal> {
    let session = door.session(session).ok_or_else(no_session)?;
    let listening = session.listen().ok_or_else(|| {
        Refusal::new(StatusCode::CONFLICT, ErrorCode::OutOfOrder, "Somebody listens to this session already.")
    })?;
    Ok((session, listening))
}

pub(super) fn no_session() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, ErrorCode::NotAllowed, "This session has ended: come in again.")
}

fn refusal(refused: Refused) -> Refusal {
    match refused {
        Refused::DoesNotOpen => {
            Refusal::new(StatusCode::FORBIDDEN, ErrorCode::NotAllowed, "The message does not open.")
        }
        Refused::OutOfOrder { next } => {
            let message = "The message came before, or comes too early.";
            Refusal::new(StatusCode::CONFLICT, ErrorCode::OutOfOrder, message).with("next", next)
        }
    }
}
