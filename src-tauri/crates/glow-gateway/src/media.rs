//! `GET media`: the bytes of one part, whole or in ranges, never more of them in memory than one piece.

use std::ops::Range;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::Stream;
use glow_api::{ApiError, Caller, MediaPart};
use glow_engine::{Media, Tail};
use serde::Deserialize;

use crate::answer::Refusal;
use crate::gateway::Host;
use crate::range::{self, Asked};

/// Bytes read from the engine at a time.
const PIECE_BYTES: u64 = 256 * 1024;
/// A part's address names content that never changes.
const FOR_EVER: &str = "private, max-age=31536000, immutable";
const UNKNOWN_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// Whatever the bytes are, they run nothing.
const INERT: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox";

#[derive(Deserialize)]
pub(crate) struct Address {
    group: String,
    moment: String,
    part: MediaPart,
}

pub(crate) async fn handle(
    State(host): State<Host>,
    address: Result<Path<Address>, PathRejection>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let Path(Address { group, moment, part }) =
        address.map_err(|error| Refusal::bad_request(StatusCode::NOT_FOUND, error.body_text()))?;
    let media = host.engine.media(Caller::Owner, &group, &moment, part).await?;
    let says = |name: &str| {
        let mut pairs = query.iter().flat_map(|query| query.split('&'));
        pairs.any(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    if media.is_growing {
        return growing(media, says("live")).await;
    }
    Ok(answer(media, says("download"), &asked))
}

/// A clip that is being recorded: its bytes as they come, without a length, to its end. With `live` a player begins at the
/// newest place where it can.
async fn growing(media: Media, joins_now: bool) -> Result<Response, Refusal> {
    let tail = media.tail(joins_now).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&media.media_type).unwrap_or(UNKNOWN_TYPE));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(INERT));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    let segments = futures::stream::try_unfold(tail, async |mut tail: Tail| {
        let segment: Option<Bytes> = tail.next().await?;
        Ok::<_, ApiError>(segment.map(|bytes| (bytes, tail)))
    });
    Ok((StatusCode::OK, headers, Body::from_stream(segments)).into_response())
}

fn answer(media: Media, download: bool, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", media.etag.trim_matches('"'));
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, &media.media_type);
    set(header::CONTENT_DISPOSITION, &disposition(download, &media.file_name));
    set(header::CONTENT_SECURITY_POLICY, INERT);
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CACHE_CONTROL, if media.is_final { FOR_EVER } else { "no-store" });
    set(header::ETAG, &etag);
    if same(asked, header::IF_NONE_MATCH, &etag) == Some(true) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let size = media.size_bytes;
    match range_of(asked, &etag, size) {
        Asked::Whole => {
            headers.insert(header::CONTENT_LENGTH, size.into());
            (StatusCode::OK, headers, Body::from_stream(pieces(media, 0..size))).into_response()
        }
        Asked::Part(part) => {
            headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
            headers
                .insert(header::CONTENT_RANGE, content_range(&format!("bytes {}-{}/{size}", part.start, part.end - 1)));
            (StatusCode::PARTIAL_CONTENT, headers, Body::from_stream(pieces(media, part))).into_response()
        }
        Asked::Beyond => {
            let headers = [(header::CONTENT_RANGE, content_range(&format!("bytes */{size}")))];
            (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
        }
    }
}

/// The range that counts: with `If-Range` only when the reader's copy is of the same content.
fn range_of(asked: &HeaderMap, etag: &str, size_bytes: u64) -> Asked {
    if same(asked, header::IF_RANGE, etag) == Some(false) {
        return Asked::Whole;
    }
    let value = asked.get(header::RANGE).and_then(|value| value.to_str().ok());
    value.map_or(Asked::Whole, |value| range::parse(value, size_bytes))
}

/// Whether a condition names this content; nothing without that condition.
fn same(asked: &HeaderMap, condition: header::HeaderName, etag: &str) -> Option<bool> {
    let value = asked.get(condition)?.to_str().unwrap_or_default();
    Some(value.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == etag))
}

fn content_range(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("numbers and punctuation are a header value")
}

fn pieces(media: Media, range: Range<u64>) -> impl Stream<Item = Result<Bytes, ApiError>> {
    futures::stream::try_unfold((media, range), async |(media, left)| {
        if left.is_empty() {
            return Ok(None);
        }
        let end = left.end.min(left.start + PIECE_BYTES);
        let piece = media.read(left.start..end).await?;
        Ok(Some((piece, (media, end..left.end))))
    })
}

/// The file's name for those who keep it: plain, and in full for those who read RFC 6266.
pub(crate) fn disposition(download: bool, file_name: &str) -> String {
    let kind = if download { "attachment" } else { "inline" };
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        return kind.to_owned();
    }
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || " ._-()".contains(c) { c } else { '_' }).collect();
    let full: String = name.bytes().map(escaped).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

fn escaped(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_leave_its_header() {
        let name = "../../etc/\"x\r\nSet-Cookie: a=b\".jpg";
        let value = disposition(true, name);
        assert_eq!(
            value,
            "attachment; filename=\"_x__Set-Cookie_ a_b_.jpg\"; filename*=UTF-8''%22x%0D%0ASet-Cookie%3A%20a%3Db%22.jpg"
        );
        assert!(HeaderValue::from_str(&value).is_ok(), "it is a header value");
    }

    #[test]
    fn a_name_in_any_script_is_kept() {
        assert_eq!(
            disposition(false, "Füße.jpg"),
            "inline; filename=\"F__e.jpg\"; filename*=UTF-8''F%C3%BC%C3%9Fe.jpg"
        );
        assert_eq!(disposition(true, ""), "attachment");
    }

    #[test]
    fn an_old_copy_gets_the_whole() {
        let mut asked = HeaderMap::new();
        asked.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        asked.insert(header::IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(range_of(&asked, "\"new\"", 10), Asked::Whole);
        assert_eq!(range_of(&asked, "\"old\"", 10), Asked::Part(0..2));
    }
}
