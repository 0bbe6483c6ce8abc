//! The window that says why the app cannot start, and what to do.
//!
//! It has no script and no rights: the sentence is text, the two buttons are links that the app itself understands.

use anyhow::Result;
use glow_api::{ApiError, ErrorCode};
use tauri::http::{Response, StatusCode, header};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder};

/// The scheme that the page comes from.
pub(crate) const SCHEME: &str = "trouble";
/// The window's label; no capability names it.
pub(crate) const WINDOW: &str = "trouble";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const TEMPLATE: &str = include_str!("trouble.html");

/// What went wrong.
pub(crate) struct Trouble(pub(crate) ApiError);

/// Opens the window.
pub(crate) fn open(app: &AppHandle) -> Result<()> {
    let url = WebviewUrl::CustomProtocol(format!("{SCHEME}://localhost/").parse()?);
    let buttons = app.clone();
    let builder = WebviewWindowBuilder::new(app, WINDOW, url).on_navigation(move |url| follow(&buttons, url));
    #[cfg(desktop)]
    let builder = builder.title("Afterglow").inner_size(560.0, 400.0).center();
    builder.build()?;
    Ok(())
}

/// What a button does; anything but the page itself is not followed.
fn follow(app: &AppHandle, url: &Url) -> bool {
    match url.path() {
        "/again" => app.request_restart(),
        "/close" => app.exit(1),
        path => return path == "/" && (url.scheme() == SCHEME || url.host_str() == Some("trouble.localhost")),
    }
    false
}

/// The page, whatever was asked for.
pub(crate) fn page(app: &AppHandle) -> Response<Vec<u8>> {
    let html = app.try_state::<Trouble>().map(|trouble| html(&trouble.0)).unwrap_or_default();
    let mut response = Response::new(html.into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    *response.status_mut() = StatusCode::OK;
    response
}

fn html(error: &ApiError) -> String {
    TEMPLATE.replace("{title}", &escaped(title(error.code))).replace("{message}", &escaped(&sentence(&error.message)))
}

fn title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InUse => "Afterglow is already open",
        ErrorCode::DataTooNew => "A newer Afterglow was here",
        ErrorCode::DataDamaged => "Something stored is damaged",
        ErrorCode::DiskFull => "The disk is full",
        _ => "Afterglow cannot start",
    }
}

/// A log's message as a person reads it: with a capital and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_text_never_markup() {
        let page = html(&ApiError::new(ErrorCode::InUse, "</p><script>alert(\"x\")</script> & more"));
        assert!(page.contains("&lt;/p&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more."), "{page}");
        assert!(page.contains("<h1>Afterglow is already open</h1>"), "{page}");
        assert!(!page.contains("{title}") && !page.contains("{message}"), "everything is filled in");
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("another Afterglow is using it"), "Another Afterglow is using it.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
