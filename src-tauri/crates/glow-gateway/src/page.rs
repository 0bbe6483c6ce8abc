//! The page: the built user interface, from within the program or from a folder.

use std::path::PathBuf;

use axum::Router;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use tower_http::services::ServeDir;

use crate::gateway::Host;

/// The files of `ui/dist` at the time this crate was built: path and bytes, sorted by path. Empty when there were none.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/ui.rs"));

/// Files below it carry their content's hash in their name.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Afterglow</title>\
    <h1>The page is not part of this build</h1>\
    <p>Build the user interface with <code>npm run build -w ui</code>, then build this program again.</p>";

/// Where the files of the page are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UiFiles {
    /// In this program.
    #[default]
    Embedded,
    /// In a folder, read at each request.
    Directory(PathBuf),
}

impl UiFiles {
    /// One file by its path, in words of letters, digits, `-`, `_` and `.`; nothing where there is none.
    pub(crate) async fn file(&self, path: &str) -> Option<Response> {
        let is_plain = |part: &str| {
            !part.starts_with('.') && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !path.split('/').all(|part| !part.is_empty() && is_plain(part)) {
            return None;
        }
        match self {
            Self::Embedded => {
                let at = FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
                Some(file(path, Bytes::from_static(FILES[at].1)))
            }
            Self::Directory(folder) => Some(file(path, tokio::fs::read(folder.join(path)).await.ok()?.into())),
        }
    }
}

/// Serves the page wherever no other route does.
pub(crate) fn serve(router: Router<Host>, ui: UiFiles) -> Router<Host> {
    match ui {
        UiFiles::Embedded => router.fallback(embedded),
        UiFiles::Directory(folder) => router.fallback_service(ServeDir::new(folder)),
    }
}

async fn embedded(method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    match FILES.binary_search_by_key(&path, |(name, _)| name) {
        Ok(at) => file(path, Bytes::from_static(FILES[at].1)),
        Err(_) if FILES.is_empty() && path == "index.html" => {
            (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(path: &str, bytes: Bytes) -> Response {
    let keep = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, bytes).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
