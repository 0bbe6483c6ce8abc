//! A guest without a browser: for a rehearsal before the event, and for tests. It speaks the protocol as the page does, by server-sent
//! events and posts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use data_encoding::{BASE64, HEXLOWER};
use glow_api::{ApiError, Call, ErrorCode, Event, GuestEnter, GuestWelcome, Request, SealedBlob};
use glow_engine::GuestPen;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::time::timeout;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::channel::{Stream, seal_bytes};
use super::keys::{BothKeys, DoorKeys, SessionKeys};
use crate::session::random;

/// An answer must have come within this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Events that wait to be heard.
const EVENTS: usize = 256;

/// A door's own address, and the one that it is reached by.
#[derive(Debug, Clone, Copy)]
struct Way {
    address: SocketAddr,
    through: SocketAddr,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, ApiError>>>>>;

/// A guest that has come in.
pub struct GuestVisitor {
    address: Way,
    session: String,
    bytes: Zeroizing<[u8; 32]>,
    pen: GuestPen,
    binding: [u8; 32],
    to_door: tokio::sync::Mutex<(Stream, u64)>,
    waiting: Waiting,
    events: broadcast::Sender<Event>,
    ended: watch::Receiver<Option<String>>,
    hearing: tokio::task::JoinHandle<()>,
}

impl Drop for GuestVisitor {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

impl GuestVisitor {
    /// Comes in by the address of a door, `http://<host:port>/g#<secret>`, and says who it is.
    ///
    /// # Errors
    /// What the door says; [`ErrorCode::NobodyNear`] when it does not answer.
    pub async fn enter(url: &str, pen: GuestPen) -> Result<(Self, GuestWelcome), ApiError> {
        let (address, _) = parts(url).ok_or_else(|| broken("this is no address of a door"))?;
        Self::enter_through(url, address, pen).await
    }

    /// As [`GuestVisitor::enter`], by way of another address that leads there.
    ///
    /// # Errors
    /// As [`GuestVisitor::enter`].
    pub async fn enter_through(
        url: &str,
        through: SocketAddr,
        pen: GuestPen,
    ) -> Result<(Self, GuestWelcome), ApiError> {
        let (address, secret) = parts(url).ok_or_else(|| broken("this is no address of a door"))?;
        let address = Way { address, through };
        let keys = DoorKeys::new(&secret);
        let own = StaticSecret::from(random());
        let page = PublicKey::from(&own).to_bytes();
        let knock = json!({ "door": HEXLOWER.encode(&keys.id), "key": HEXLOWER.encode(&page) });
        let answer = post_json(address, "/g/knock", &knock).await?;
        let both = BothKeys { page, door: field(&answer, "key")? };
        let enter = json!({ "key": HEXLOWER.encode(&page), "proof": HEXLOWER.encode(&keys.ask(&both)) });
        let answer = post_json(address, "/g/enter", &enter).await?;
        if !keys.is_answered(&both, &field::<32>(&answer, "proof")?) {
            return Err(broken("whoever answered does not know the secret"));
        }
        let session = SessionKeys::new(&keys, &own, &both).ok_or_else(|| broken("the door's key is none"))?;
        let id = HEXLOWER.encode(&session.id);
        let stream = request(address, "GET", &format!("/g/{id}/events"), "", Bytes::new()).await?;
        let waiting = Waiting::default();
        let (events, _) = broadcast::channel(EVENTS);
        let to_page = Stream::new(&session.to_page, session.id);
        let (end, ended) = watch::channel(None);
        let hearing = tokio::spawn(hear(stream, to_page, waiting.clone(), events.clone(), end));
        let to_door = tokio::sync::Mutex::new((Stream::new(&session.to_door, session.id), 0));
        let SessionKeys { bytes, binding, .. } = session;
        let visitor = Self { address, session: id, bytes, pen, binding, to_door, waiting, events, ended, hearing };
        let welcome = visitor.introduce().await?;
        Ok((visitor, welcome))
    }

    /// Says who it is, and hears what it may.
    ///
    /// # Errors
    /// What the door says.
    pub async fn introduce(&self) -> Result<GuestWelcome, ApiError> {
        let proof = self.pen.prove(&self.binding);
        self.ask(GuestEnter { key: self.pen.key(), name: self.pen.name().to_owned(), proof }).await
    }

    /// What this guest signs with.
    #[must_use]
    pub fn pen(&self) -> &GuestPen {
        &self.pen
    }

    /// What the door tells from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Why the door ended the session, once it has; nothing when it went without a word.
    pub async fn end(&self) -> Option<String> {
        let mut ended = self.ended.clone();
        ended.wait_for(Option::is_some).await.ok().and_then(|why| why.clone())
    }

    /// Asks the door.
    ///
    /// # Errors
    /// What the door says; [`ErrorCode::NobodyNear`] when it is gone.
    pub async fn ask<C>(&self, call: C) -> Result<C::View, ApiError>
    where
        C: Call,
        C::View: DeserializeOwned,
    {
        let (sender, answer) = oneshot::channel();
        {
            // Frames go out in the order of their numbers.
            let mut to_door = self.to_door.lock().await;
            let id = to_door.1;
            to_door.1 += 1;
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
            let request: Request = call.into();
            let mut message = serde_json::to_value(&request).map_err(|error| broken(&error.to_string()))?;
            message["id"] = id.into();
            let frame = to_door.0.seal(message.to_string().as_bytes());
            send(self.address, "POST", &format!("/g/{}/send", self.session), "", frame.into()).await?;
        }
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => serde_json::from_value(answer?).map_err(|error| broken(&error.to_string())),
            Ok(Err(_)) | Err(_) => Err(gone()),
        }
    }

    /// Sends a piece of a file: `grid` or `screen`, or a chunk by its number.
    ///
    /// # Errors
    /// What the door says.
    pub async fn put(&self, post: &str, part: &str, plain: &[u8]) -> Result<(), ApiError> {
        let body = seal_bytes(&self.bytes, &format!("{post}/{part}"), random(), plain);
        let path = format!("/g/{}/bytes/{post}/{part}", self.session);
        send(self.address, "PUT", &path, "", body.into()).await.map(drop)
    }

    /// Fetches and opens a blob.
    ///
    /// # Errors
    /// What the door says; [`ErrorCode::DataDamaged`] when what came is not what was named.
    pub async fn blob(&self, blob: &SealedBlob) -> Result<Vec<u8>, ApiError> {
        let path = format!("/g/{}/blob/{}", self.session, blob.id);
        let mut bytes = send(self.address, "GET", &path, "", Bytes::new()).await?.to_vec();
        if blake3::hash(&bytes).to_hex().as_str() != blob.id {
            return Err(ApiError::new(ErrorCode::DataDamaged, "this is another blob"));
        }
        let key = HEXLOWER.decode(blob.key.as_bytes()).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.ok_or_else(|| broken("the blob's key is malformed"))?;
        ChaCha20::new(&key.into(), &[0; 12].into()).apply_keystream(&mut bytes);
        Ok(bytes)
    }
}

impl std::fmt::Debug for GuestVisitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestVisitor").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn hear(
    mut stream: Incoming,
    mut to_page: Stream,
    waiting: Waiting,
    events: broadcast::Sender<Event>,
    end: watch::Sender<Option<String>>,
) {
    let mut text = BytesMut::new();
    while let Some(Ok(piece)) = stream.frame().await {
        text.extend(piece.into_data().unwrap_or_default());
        while let Some(at) = text.windows(2).position(|two| two == b"\n\n") {
            let line = text.split_to(at + 2);
            let Some(data) = line.strip_prefix(b"data: ").and_then(|data| data.strip_suffix(b"\n\n")) else { continue };
            let message = BASE64.decode(data).ok().and_then(|frame| to_page.open(&frame).ok());
            let Some(message) = message.and_then(|message| serde_json::from_slice::<Value>(&message).ok()) else {
                return;
            };
            told(message, &waiting, &events, &end);
        }
    }
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

fn told(mut message: Value, waiting: &Waiting, events: &broadcast::Sender<Event>, end: &watch::Sender<Option<String>>) {
    if let Some(id) = message["id"].as_u64() {
        let Some(sender) = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) else { return };
        let answer = match serde_json::from_value::<ApiError>(message["error"].take()) {
            Ok(error) => Err(error),
            Err(_) => Ok(message["reply"].take()),
        };
        let _ = sender.send(answer);
    } else if let Some(why) = message["end"].as_str() {
        end.send_replace(Some(why.to_owned()));
    } else if let Ok(event) = serde_json::from_value(message["event"].take()) {
        let _ = events.send(event);
    }
}

fn parts(url: &str) -> Option<(SocketAddr, [u8; 16])> {
    let (address, secret) = url.strip_prefix("http://")?.split_once("/g#")?;
    let secret = HEXLOWER.decode(secret.as_bytes()).ok()?.try_into().ok()?;
    Some((address.parse().ok()?, secret))
}

fn field<const N: usize>(answer: &Value, name: &str) -> Result<[u8; N], ApiError> {
    let bytes = answer[name].as_str().and_then(|text| HEXLOWER.decode(text.as_bytes()).ok());
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| broken("the door's answer is malformed"))
}

async fn post_json(address: Way, path: &str, body: &Value) -> Result<Value, ApiError> {
    let bytes = send(address, "POST", path, "application/json", body.to_string().into()).await?;
    serde_json::from_slice(&bytes).map_err(|error| broken(&error.to_string()))
}

async fn send(address: Way, method: &str, path: &str, kind: &str, body: Bytes) -> Result<Bytes, ApiError> {
    let answer = request(address, method, path, kind, body).await?;
    let collected = timeout(PATIENCE, answer.collect()).await.map_err(|_| gone())?;
    Ok(collected.map_err(|_| gone())?.to_bytes())
}

/// One request on a connection of its own. What is no success is told as the door's error.
async fn request(way: Way, method: &str, path: &str, kind: &str, body: Bytes) -> Result<Incoming, ApiError> {
    let stream = timeout(PATIENCE, TcpStream::connect(way.through)).await.map_err(|_| gone())?.map_err(|_| gone())?;
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| gone())?;
    tokio::spawn(connection);
    let mut request = hyper::Request::builder().method(method).uri(path).header("host", way.address.to_string());
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let request = request.body(Full::new(body)).map_err(|error| broken(&error.to_string()))?;
    let answer = timeout(PATIENCE, sender.send_request(request)).await.map_err(|_| gone())?.map_err(|_| gone())?;
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|_| gone())?.to_bytes();
    Err(serde_json::from_slice(&body).unwrap_or_else(|_| broken(&format!("the door answered {status}"))))
}

fn broken(message: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn gone() -> ApiError {
    ApiError::new(ErrorCode::NobodyNear, "the door does not answer")
}
