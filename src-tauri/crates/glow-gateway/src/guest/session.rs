//! One session: frames in, frames out, and what is asked in between.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use glow_api::{ApiError, Caller, ErrorCode, Event, GuestTicket, Reply, Request};
use glow_engine::{Engine, GuestEnd, GuestSession, limits};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, mpsc, watch};
use zeroize::Zeroizing;

use super::channel::{Refused, Stream};
use super::door::Door;
use super::keys::SessionKeys;
use super::pace::{Bucket, is_paced};

/// Questions in work at once.
const QUESTIONS: usize = 16;
/// Answers that wait to be sent.
const ANSWERS: usize = 64;
/// A session whose page does not listen within this is over.
const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// How often a quiet stream says that it lives.
const QUIET: Duration = Duration::from_secs(20);

/// A page that proved the secret.
pub(super) struct Session {
    pub(super) id: [u8; 16],
    pub(super) ticket: GuestTicket,
    pub(super) bytes: Zeroizing<[u8; 32]>,
    from_page: Mutex<Stream>,
    answers: mpsc::Sender<Vec<u8>>,
    questions: Arc<Semaphore>,
    /// The address that it came in from.
    from: IpAddr,
    said: Mutex<Bucket>,
    listening: Mutex<Option<Listening>>,
}

/// What the one stream to the page takes along.
pub(super) struct Listening {
    to_page: Stream,
    answers: mpsc::Receiver<Vec<u8>>,
    ended: watch::Receiver<Option<GuestEnd>>,
}

/// What goes to the page next.
pub(super) enum Next {
    /// A frame.
    Frame(Bytes),
    /// The last frame.
    Last(Bytes),
    /// Nothing but a sign of life.
    Alive,
    /// Nothing any more.
    Over,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Message<'a> {
    Reply { id: u64, reply: &'a Reply },
    Error { id: u64, error: &'a ApiError },
    Event { event: &'a Event },
    End { end: &'static str },
}

impl Message<'_> {
    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("views and events are plain data and become JSON")
    }
}

impl Session {
    pub(super) fn new(keys: SessionKeys, arrived: GuestSession, from: IpAddr) -> Self {
        let (answers, receiver) = mpsc::channel(ANSWERS);
        let listening =
            Listening { to_page: Stream::new(&keys.to_page, keys.id), answers: receiver, ended: arrived.ended };
        Self {
            id: keys.id,
            ticket: arrived.ticket,
            from_page: Mutex::new(Stream::new(&keys.to_door, keys.id)),
            bytes: keys.bytes,
            answers,
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            from,
            said: Mutex::new(Bucket::full(Instant::now())),
            listening: Mutex::new(Some(listening)),
        }
    }

    /// The stream to the page: there is one in a session's life.
    pub(super) fn listen(&self) -> Option<Listening> {
        locked(&self.listening).take()
    }

    /// Ends the session when its page has not begun to listen in time.
    pub(super) fn end_when_nobody_listens(self: Arc<Self>, door: &Door) {
        // The door need not stay for it.
        let door = door.downgrade();
        tokio::spawn(async move {
            tokio::time::sleep(LISTENS_WITHIN).await;
            if locked(&self.listening).is_some()
                && let Some(door) = door()
            {
                door.end_session(&self);
            }
        });
    }

    /// Takes a frame from the page: what it asks is answered on the other stream.
    pub(super) fn take(self: &Arc<Self>, door: &Door, frame: &[u8]) -> Result<(), Refused> {
        let message = locked(&self.from_page).open(frame)?;
        let (this, door) = (self.clone(), door.clone());
        // In the order of frames; only what comes of it may overtake.
        let place = self.questions.clone().try_acquire_owned();
        tokio::spawn(async move {
            let answer = match (asked(&message), place) {
                ((id, Err(error)), _) => Message::Error { id, error: &error }.encode(),
                ((id, Ok(_)), Err(_)) => {
                    let error = ApiError::new(ErrorCode::TryLater, "Too many questions at once.");
                    Message::Error { id, error: &error }.encode()
                }
                ((id, Ok(request)), Ok(_)) if is_paced(&request) && !this.may_say(&door) => {
                    let error = ApiError::new(ErrorCode::TryLater, "Too much at once. Wait a minute.");
                    Message::Error { id, error: &error }.encode()
                }
                ((id, Ok(request)), Ok(_place)) => this.answer(&door.engine, id, request).await,
            };
            let _ = this.answers.send(answer).await;
        });
        Ok(())
    }

    fn may_say(&self, door: &Door) -> bool {
        let now = Instant::now();
        locked(&self.said).take_one(now) && door.may_say(self.from, now)
    }

    async fn answer(&self, engine: &Engine, id: u64, request: Request) -> Vec<u8> {
        match engine.call(Caller::Guest(self.ticket), request).await {
            Ok(reply) => {
                let answer = Message::Reply { id, reply: &reply }.encode();
                if answer.len() <= limits::GUEST_ANSWER_BYTES {
                    return answer;
                }
                let error = ApiError::new(ErrorCode::BadRequest, "The answer would be too long: ask for less at once.");
                Message::Error { id, error: &error }.encode()
            }
            Err(error) => Message::Error { id, error: &error }.encode(),
        }
    }
}

/// What a message asks, under which number.
fn asked(message: &[u8]) -> (u64, Result<Request, ApiError>) {
    let malformed = |error: serde_json::Error| ApiError::new(ErrorCode::BadRequest, format!("not understood: {error}"));
    let mut value: Value = match serde_json::from_slice(message) {
        Ok(value) => value,
        Err(error) => return (0, Err(malformed(error))),
    };
    let id = value.as_object_mut().and_then(|fields| fields.remove("id")).and_then(|id| id.as_u64()).unwrap_or(0);
    (id, serde_json::from_value(value).map_err(malformed))
}

impl Listening {
    /// What goes to the page next; events until then are heard from `events`.
    pub(super) async fn next(
        &mut self,
        engine: &Engine,
        ticket: GuestTicket,
        events: &mut tokio::sync::broadcast::Receiver<Event>,
    ) -> Next {
        loop {
            let message = tokio::select! {
                biased;
                ended = self.ended.wait_for(Option::is_some) => {
                    let why = ended.ok().and_then(|why| *why);
                    let Some(why) = why else { return Next::Over };
                    let last = Message::End { end: why.name() }.encode();
                    return Next::Last(self.to_page.seal(&last).into());
                }
                answer = self.answers.recv() => match answer {
                    Some(answer) => answer,
                    None => return Next::Over,
                },
                event = events.recv() => match event {
                    Ok(event) if engine.concerns_guest(ticket, &event) => Message::Event { event: &event }.encode(),
                    Ok(_) => continue,
                    Err(RecvError::Lagged(_)) => Message::Event { event: &Event::Lagged }.encode(),
                    Err(RecvError::Closed) => return Next::Over,
                },
                () = tokio::time::sleep(QUIET) => return Next::Alive,
            };
            return Next::Frame(self.to_page.seal(&message).into());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_with_its_number() {
        let (id, request) = asked(br#"{"id":7,"call":"moment.get","args":{"group":"g","moment":"m"}}"#);
        assert_eq!((id, request.map(|request| request.name()).ok()), (7, Some("moment.get")));
        assert_eq!(asked(b"{").1.expect_err("malformed").code, ErrorCode::BadRequest);
        let (id, request) = asked(br#"{"id":8,"call":"no.such","args":{}}"#);
        assert_eq!((id, request.expect_err("unknown").code), (8, ErrorCode::BadRequest));
    }
}
