//! A clip that somebody watches before it is here.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use glow_api::Held;
use lanbox::Lan;
use lanbox::netns::Namespace;
use serde_json::Value;
use tests::media::{Recording, Sample};
use tests::poll;

use crate::cast::{BOUND, Cast, home};

/// A quarter of a minute of this rate takes half a minute over the line.
const BITS_PER_SECOND: usize = 8_000_000;
const SECONDS: u32 = 16;
const LINE_MBIT: f64 = 4.0;
/// What a player reads before it shows a picture.
const READ_BYTES: usize = 200_000;
/// How long a player may wait for it over that line, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const TRANSFER: Duration = Duration::from_secs(180);

#[test]
fn a_clip_plays_before_it_is_here_and_what_was_watched_is_kept() {
    let Some(mut cast) = Cast::start(home(2).rate_up_mbit(LINE_MBIT)) else { return };
    cast.nodes[1].stop().unwrap();
    let bob = cast.nodes.pop().unwrap().with_page();
    cast.nodes.push(bob);
    cast.nodes[1].start().unwrap();
    cast.gather();
    cast.nodes[1].call(&["storage", "set", "--clips", "previews", "--carry", "0"]).unwrap();
    let clip = long_clip(&cast);
    let whole = clip.bytes().unwrap();
    cast.post(0, &[clip]);
    let moment = poll::until("Bob has heard of the clip", BOUND, || Ok(cast.nodes[1].timeline()?.pop())).unwrap();
    assert_eq!(moment.size_bytes, whole.len() as u64);

    let page = Page::open(&cast, 1).unwrap();
    let address = format!("media/{}/{}/original", group_of(&cast), moment.id);
    let (seek, beginning) = (whole.len() - 2 * READ_BYTES..whole.len() - READ_BYTES, 0..READ_BYTES);
    for range in [beginning.clone(), seek.clone()] {
        let start = Instant::now();
        let bytes = page.read(&address, range.clone()).unwrap();
        eprintln!("{range:?} was there after {:?}", start.elapsed());
        assert!(bytes == whole[range.clone()], "{range:?} is what was recorded");
    }
    let held = cast.nodes[1].timeline().unwrap().pop().unwrap().original;
    assert!(matches!(held, Held::Missing { .. }), "it is not all here: {held:?}");

    cast.lan.set_link(0, false).unwrap();
    for range in [seek, beginning] {
        let bytes = page.read(&address, range.clone()).unwrap();
        assert!(bytes == whole[range.clone()], "{range:?} is here, whoever is away");
    }
    cast.lan.set_link(0, true).unwrap();
    cast.nodes[1].call(&["storage", "set", "--clips", "all"]).unwrap();
    cast.finish(TRANSFER);
}

fn long_clip(cast: &Cast) -> Sample {
    let path = cast.nodes[0].folder().join("long.webm");
    std::fs::write(&path, Recording::new(3, BITS_PER_SECOND).whole(SECONDS)).unwrap();
    Sample { path, secrets: vec![] }
}

/// The only group there is.
fn group_of(cast: &Cast) -> String {
    let mut groups = std::fs::read_dir(cast.nodes[1].data_dir().join("groups")).unwrap();
    groups.next().unwrap().unwrap().file_name().into_string().unwrap()
}

/// The owner's page as a browser on the device sees it.
struct Page<'a> {
    namespace: &'a Namespace,
    address: String,
    session: String,
}

impl<'a> Page<'a> {
    fn open(cast: &'a Cast, host: usize) -> Result<Self> {
        let lan: &Lan = &cast.lan;
        let ready = cast.nodes[host].events().into_iter().next().context("it says where its page is")?.line;
        let url = ready["url"].as_str().context("an address")?;
        let (base, token) = url.split_once("#token=").context("with a token")?;
        let address = base.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut page = Self { namespace: lan.namespace(host)?, address, session: String::new() };
        let body = format!(r#"{{"token":"{token}"}}"#);
        let head =
            format!("POST /session HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let (status, answer) = page.ask(&head, body.as_bytes())?;
        ensure!(status == 200, "the token is not taken: {status}");
        let answer: Value = serde_json::from_slice(&answer)?;
        page.session = answer["session"].as_str().context("a session")?.to_owned();
        Ok(page)
    }

    /// A part of what stands at an address, as a player asks for it.
    fn read(&self, path: &str, range: Range<usize>) -> Result<Vec<u8>> {
        let (from, to) = (range.start, range.end - 1);
        let head = format!("GET /{}/{path} HTTP/1.1\r\nRange: bytes={from}-{to}\r\n", self.session);
        let (status, bytes) = self.ask(&head, b"")?;
        ensure!(status == 206, "{status} for {range:?}: {}", String::from_utf8_lossy(&bytes));
        Ok(bytes)
    }

    fn ask(&self, head: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut stream = self.namespace.within(|| TcpStream::connect(&self.address))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "{head}Host: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.write_all(body)?;
        let mut answer = vec![];
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|end| end == b"\r\n\r\n").context("a head")? + 4;
        let status = std::str::from_utf8(&answer[..end])?.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, answer.split_off(end)))
    }
}
