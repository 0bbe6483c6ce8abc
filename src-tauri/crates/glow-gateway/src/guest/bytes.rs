//! Pieces of files to the door, and sealed blobs to the page.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use glow_api::{ApiError, ErrorCode};
use glow_engine::limits;

use super::channel::open_bytes;
use super::door::Door;
use super::streams::no_session;
use crate::answer::Refusal;
use crate::body;
use crate::range::{self, Asked};

/// What a blob is named by never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(super) async fn put(
    State(door): State<Door>,
    Path((session, post, part)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let session = door.session(&session).ok_or_else(no_session)?;
    let most = if part.bytes().all(|byte| byte.is_ascii_digit()) {
        limits::GUEST_CHUNK_BYTES
    } else {
        limits::SCREEN_PREVIEW_BYTES
    };
    let sealed = body::bytes(request, usize::try_from(most + limits::GUEST_SEAL_BYTES).unwrap_or(usize::MAX)).await?;
    let opened = open_bytes(&session.bytes, &format!("{post}/{part}"), &sealed).ok_or_else(|| {
        Refusal::new(StatusCode::FORBIDDEN, ErrorCode::NotAllowed, "The piece does not open in this place.")
    })?;
    door.engine.guest_bytes(session.ticket, &post, &part, opened).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn blob(
    State(door): State<Door>,
    Path((session, blob)): Path<(String, String)>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let session = door.session(&session).ok_or_else(no_session)?;
    // The first read says how long it is.
    let (first, size) = door.engine.guest_blob(session.ticket, &blob, 0).await?;
    let range =
        match asked.get(header::RANGE).and_then(|value| value.to_str().ok()).map(|value| range::parse(value, size)) {
            Some(Asked::Beyond) => {
                let headers = [(header::CONTENT_RANGE, content_range(&format!("bytes */{size}")))];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
            Some(Asked::Part(part)) => Some(part),
            Some(Asked::Whole) | None => None,
        };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let (status, part) = match range {
        Some(part) => {
            headers
                .insert(header::CONTENT_RANGE, content_range(&format!("bytes {}-{}/{size}", part.start, part.end - 1)));
            (StatusCode::PARTIAL_CONTENT, part)
        }
        None => (StatusCode::OK, 0..size),
    };
    headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    let known = (part.start == 0).then(|| Bytes::from(first));
    let ticket = session.ticket;
    let pieces = futures::stream::try_unfold((door, part, known), move |(door, left, known)| {
        let blob = blob.clone();
        async move {
            if left.is_empty() {
                return Ok::<_, ApiError>(None);
            }
            let mut piece = match known {
                Some(piece) => piece,
                None => door.engine.guest_blob(ticket, &blob, left.start).await?.0.into(),
            };
            piece.truncate(usize::try_from(left.end - left.start).unwrap_or(usize::MAX));
            if piece.is_empty() {
                return Ok(None);
            }
            let rest = left.start + piece.len() as u64..left.end;
            Ok(Some((piece, (door, rest, None))))
        }
    });
    Ok((status, headers, Body::from_stream(pieces)).into_response())
}

fn content_range(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("numbers and punctuation are a header value")
}
