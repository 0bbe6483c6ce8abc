//! A gateway over a real engine, and a client that sends exactly the bytes a test names.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use glow_api::{Caller, GroupCreate};
use glow_engine::{Engine, EngineConfig};
use glow_gateway::{Gateway, GatewayConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PHOTO: &[u8] = include_bytes!("photo.jpg");
pub(crate) const WINDOW: &str = "tauri://localhost";

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    /// The path below which the routes stand, `/<session>`.
    pub(crate) inside: String,
    pub(crate) group: String,
    _data_dir: TempDir,
}

impl World {
    pub(crate) async fn new() -> Result<Self> {
        let data_dir = tempfile::tempdir()?;
        let quiet = EngineConfig { mdns: false, loopback: true, ..EngineConfig::new(data_dir.path().join("alice")) };
        let engine = Engine::start(quiet).await?;
        let config = GatewayConfig { allowed_origins: vec![WINDOW.to_owned()], ..GatewayConfig::default() };
        let gateway = Gateway::start(engine.clone(), config).await?;
        let base = gateway.open_session();
        let inside =
            base.strip_prefix(&format!("http://{}", gateway.address())).context("the base is below the address")?;
        let inside = inside.trim_end_matches('/').to_owned();
        let group = engine.ask(Caller::Owner, GroupCreate { title: "Anna & Ben".into(), ends_at_ms: None }).await?.id;
        Ok(Self { gateway, inside, group, _data_dir: data_dir })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// A request under the right name. `head` holds further header lines.
    pub(crate) async fn send(&self, line: &str, head: &str, body: &[u8]) -> Result<Answer> {
        self.send_as(&self.address().to_string(), line, head, body).await
    }

    pub(crate) async fn send_as(&self, host: &str, line: &str, head: &str, body: &[u8]) -> Result<Answer> {
        let length = body.len();
        let text =
            format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n");
        Answer::of(self.address(), &[text.as_bytes(), body].concat()).await
    }

    pub(crate) async fn call(&self, json: &str) -> Result<Answer> {
        self.send(&format!("POST {}/call", self.inside), "Content-Type: application/json\r\n", json.as_bytes()).await
    }

    /// Adds a photo and returns the path of its original.
    pub(crate) async fn add(&self, photo: &[u8]) -> Result<String> {
        let line = format!(
            "PUT {}/upload?group={}&name=F%C3%BC%C3%9Fe.jpg&modified_at_ms=1700000000000",
            self.inside, self.group
        );
        let receipt: glow_api::PostReceipt = serde_json::from_slice(&self.send(&line, "", photo).await?.body)?;
        let moment = receipt.moments.first().with_context(|| format!("nothing was added: {receipt:?}"))?;
        Ok(format!("{}/media/{}/{moment}/original", self.inside, self.group))
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Sends the bytes and reads until the server closes.
    pub(crate) async fn of(address: SocketAddr, request: &[u8]) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        // A server that refuses early may close while the body is still on its way.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes).await {
            anyhow::ensure!(!bytes.is_empty(), "no answer: {error}");
        }
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("the answer has no head")?;
        let head = String::from_utf8(bytes[..end].to_vec())?;
        let status = head.split(' ').nth(1).context("the answer has no status")?.parse()?;
        Ok(Self { status, head, body: bytes[end + 4..].to_vec() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of an `ApiError`.
    pub(crate) fn code(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        json["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// The photo with a comment of so many times 64 KiB before its pixels: large, and still a photo.
pub(crate) fn large_photo(segments: usize) -> Vec<u8> {
    let mut photo = PHOTO[..2].to_vec();
    for number in 0..segments {
        photo.extend([0xFF, 0xFE, 0xFF, 0xFF]);
        photo.extend((0..65_533).map(|at: usize| (at * 31 + number) as u8));
    }
    photo.extend(&PHOTO[2..]);
    photo
}
