//! The guest's page and its parts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::door::Door;

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Afterglow</title>\
    <h1>The page for guests is not part of this build</h1>\
    <p>Build the user interface with <code>npm run build -w ui</code>, then build this program again.</p>";
const NOTHING: &str = "<!doctype html><meta charset=\"utf-8\"><title>Afterglow</title>\
    <h1>There is nothing here</h1><p>Scan the QR code again: it leads to the right page.</p>";

pub(super) async fn page(State(door): State<Door>) -> Response {
    match door.ui.file("guest.html").await {
        Some(file) => file,
        None => (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response(),
    }
}

pub(super) async fn asset(State(door): State<Door>, Path(path): Path<String>) -> Response {
    match door.ui.file(&format!("assets/{path}")).await {
        Some(file) => file,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, Html(NOTHING)).into_response()
}
