//! The window that says why the app cannot start, and what to do.
//!
//! It has no script and no rights: the sentence is text, the two buttons are links that the app itself understands.

use anyhow::Result;
use glow_api::{ApiError, ErrorCode};
use tauri::http::{Response, StatusCode, header};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder};

use crate::system::words::Words;

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
    let html = app.try_state::<Trouble>().map(|trouble| html(&trouble.0, Words::of(None))).unwrap_or_default();
    let mut response = Response::new(html.into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    *response.status_mut() = StatusCode::OK;
    response
}

fn html(error: &ApiError, words: &Words) -> String {
    let (title, sentence) = keys(error.code);
    let parts = [
        ("{lang}", words.tag.to_owned()),
        ("{title}", words.say(title, &[])),
        ("{message}", words.say(sentence, &[])),
        ("{detail}", error.message.clone()),
        ("{again}", words.say("try_again", &[])),
        ("{close}", words.say("close", &[])),
    ];
    parts.iter().fold(TEMPLATE.to_owned(), |page, (name, text)| page.replace(name, &escaped(text)))
}

/// The messages that say what is wrong, and what to do.
fn keys(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::InUse => ("trouble_in_use", "error_in_use"),
        ErrorCode::DataTooNew => ("trouble_data_too_new", "error_data_too_new"),
        ErrorCode::DataDamaged => ("trouble_data_damaged", "error_data_damaged"),
        ErrorCode::DiskFull => ("trouble_disk_full", "error_disk_full"),
        _ => ("trouble_other", "error_internal"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_text_never_markup() {
        let error = ApiError::new(ErrorCode::InUse, "</p><script>alert(\"x\")</script> & {close}");
        let page = html(&error, Words::of(Some("en")));
        assert!(page.contains("&lt;/p&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Close"), "{page}");
        assert!(page.contains("<h1>Afterglow is already open</h1>") && page.contains("lang=\"en\""), "{page}");
    }

    #[test]
    fn it_speaks_the_language_of_the_system() {
        for code in
            [ErrorCode::InUse, ErrorCode::DataTooNew, ErrorCode::DataDamaged, ErrorCode::DiskFull, ErrorCode::Internal]
        {
            let error = ApiError::new(code, "why");
            let [english, german] = ["en", "de"].map(|tag| html(&error, Words::of(Some(tag))));
            assert!(german.contains("lang=\"de\"") && german.contains("Noch einmal versuchen"), "{german}");
            for page in [&english, &german] {
                assert!(!page.contains("trouble_") && !page.contains("error_"), "each key has a message: {page}");
                assert!(
                    ["{lang}", "{title}", "{message}", "{detail}", "{again}", "{close}"]
                        .iter()
                        .all(|name| !page.contains(name))
                );
            }
        }
    }
}
