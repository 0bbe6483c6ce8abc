//! `GET album`: the album as a ZIP, a web album in one, or a bundle, made while it is read. `PUT bundle`: opening one.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use glow_api::{ApiError, BundleWish, Caller, ExportFormat};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::answer::{Refusal, fresh};
use crate::gateway::Host;

/// Bytes handed over at a time.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that wait for a slow reader.
const PIECES: usize = 4;
/// A body that stands still for this long is given up.
const STALLED: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
pub(crate) struct Address {
    group: String,
    form: Form,
}

/// What is made of an album.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Zip,
    Web,
    Bundle,
}

/// What goes into a bundle.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    previews_only: bool,
    /// A device id; without one, what any other member lacks.
    lacked_by: Option<String>,
}

pub(crate) async fn take(
    State(host): State<Host>,
    address: Result<Path<Address>, PathRejection>,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Path(Address { group, form }) =
        address.map_err(|error| Refusal::bad_request(StatusCode::NOT_FOUND, error.body_text()))?;
    let Query(wish) = wish.map_err(|error| Refusal::bad_request(error.status(), error.body_text()))?;
    let title = host.engine.ask(Caller::Owner, glow_api::GroupGet { group: group.clone() }).await?.title;
    let (pieces, made) = mpsc::channel(PIECES);
    let write = BufWriter::with_capacity(PIECE_BYTES, Pieces(pieces.clone()));
    let engine = host.engine.clone();
    tokio::spawn(async move {
        let caller = Caller::Owner;
        let done = match form {
            Form::Zip => engine.export_to(caller, &group, ExportFormat::Zip, write).await.map(drop),
            Form::Web => engine.export_to(caller, &group, ExportFormat::Web, write).await.map(drop),
            Form::Bundle => {
                let Wish { whole, previews_only, lacked_by } = wish;
                let wish = BundleWish { whole, previews_only, lacked_by: lacked_by.into_iter().collect() };
                engine.bundle_to(caller, &group, wish, write).await.map(drop)
            }
        };
        if let Err(error) = done {
            // The reader sees that it was cut off: what came is no whole file.
            let _ = pieces.send(Err(error)).await;
        }
    });
    let body = futures::stream::unfold(made, async |mut made| made.recv().await.map(|piece| (piece, made)));
    Ok((StatusCode::OK, headers(form, &title), Body::from_stream(body)).into_response())
}

pub(crate) async fn open(State(host): State<Host>, body: Body) -> Result<Response, Refusal> {
    let mut opening = host.engine.opening(Caller::Owner);
    let mut pieces = body.into_data_stream();
    let cut = |what| Refusal::bad_request(StatusCode::BAD_REQUEST, what);
    while let Some(piece) = timeout(STALLED, pieces.next()).await.map_err(|_| cut("The upload stood still."))? {
        opening.take(&piece.map_err(|_| cut("The upload was cut short."))?).await?;
    }
    Ok(fresh(opening.finish().await?))
}

/// Hands bytes over to whoever reads the answer; whoever goes away ends the work.
struct Pieces(mpsc::Sender<Result<Bytes, ApiError>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn headers(form: Form, title: &str) -> HeaderMap {
    let (media_type, ending) = match form {
        Form::Zip | Form::Web => ("application/zip", "zip"),
        Form::Bundle => ("application/octet-stream", "afterglow"),
    };
    let name = if form_has_title(form) { title } else { "bundle" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&crate::media::disposition(true, &format!("{name}.{ending}"))) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers
}

/// A bundle tells nothing of its group, by its name neither.
fn form_has_title(form: Form) -> bool {
    matches!(form, Form::Zip | Form::Web)
}
