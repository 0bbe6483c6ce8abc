//! `GET events`: what changes, as it changes, over a WebSocket.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use glow_api::{ErrorCode, Event};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::answer::Refusal;
use crate::gateway::Host;

/// A page that is quiet for longer than two of these is gone.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A page that takes longer than this to take one message is dropped; it asks again for everything when it is back.
const SEND_TIME: Duration = Duration::from_secs(10);
/// The page sends nothing but control frames.
const MAX_INCOMING_BYTES: usize = 4 * 1024;

pub(crate) async fn handle(State(host): State<Host>, upgrade: WebSocketUpgrade) -> Result<Response, Refusal> {
    let place = host.listeners.clone().try_acquire_owned().map_err(|_| too_many())?;
    // Subscribed before the handshake is answered: what changes in between is not lost.
    let events = host.engine.events();
    let closing = host.closing.clone();
    Ok(upgrade.max_message_size(MAX_INCOMING_BYTES).max_frame_size(MAX_INCOMING_BYTES).on_upgrade(
        async move |socket| {
            tell(socket, events, closing).await;
            drop(place);
        },
    ))
}

async fn tell(mut socket: WebSocket, mut events: Receiver<Event>, closing: CancellationToken) {
    let mut ping = interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            () = closing.cancelled() => break,
            event = events.recv() => match message(event) {
                Some(message) => message,
                None => break,
            },
            _ = ping.tick() => {
                if heard.elapsed() > 2 * PING_EVERY {
                    return;
                }
                Message::Ping(bytes::Bytes::new())
            }
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
        };
        if !matches!(timeout(SEND_TIME, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
    let _ = timeout(SEND_TIME, socket.send(Message::Close(None))).await;
}

/// What the page is told; nothing when there will be no more events. One that was too slow is told to ask again.
fn message(event: Result<Event, RecvError>) -> Option<Message> {
    let event = match event {
        Ok(event) => event,
        Err(RecvError::Lagged(_)) => Event::Lagged,
        Err(RecvError::Closed) => return None,
    };
    let json = serde_json::to_string(&event).expect("an event is plain data and becomes JSON");
    Some(Message::Text(json.into()))
}

fn too_many() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::NotAllowed,
        "Too many pages are open. Close some and try again.",
    )
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test]
    async fn a_slow_page_is_told_that_it_lagged_and_hears_on() {
        let (sender, mut events) = broadcast::channel(1);
        for event in [Event::GroupsChanged, Event::GroupsChanged, Event::StatusChanged] {
            sender.send(event).expect("somebody listens");
        }
        drop(sender);
        let told = [message(events.recv().await), message(events.recv().await)];
        let text = |json: &str| Some(Message::Text(json.into()));
        assert_eq!(told, [text(r#"{"event":"lagged"}"#), text(r#"{"event":"status_changed"}"#)]);
        assert_eq!(message(events.recv().await), None, "the engine has ended");
    }
}
