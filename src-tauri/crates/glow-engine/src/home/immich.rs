//! Straight into an Immich server, by its public interface: `POST /api/assets` (multipart, `x-api-key`, SHA-1 in
//! `x-immich-checksum`), `POST /api/assets/bulk-upload-check` for what is there already, `GET` and `POST /api/albums`, and
//! `PUT /api/albums/{id}/assets`. As documented in its OpenAPI description; tested against a stand-in that follows it, not
//! against every version of the server.
//!
//! The key goes to that server alone: redirects are not followed, and it is never logged or kept.

use std::{
    io::{Cursor, Read},
    sync::Arc,
    time::Duration,
};

use data_encoding::BASE64;
use glow_api::{ApiError, Caller, ErrorCode, ExportReceipt};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use ureq::{Agent, SendBody, http::Response};
use zeroize::Zeroizing;

use super::{
    HomeProgress, Stop,
    layout::{self, FileKind, Item, Sound},
    sidecar, stoppable,
};
use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request},
    group::Group,
};

/// How long a server may take to be reached, and to answer when everything was sent.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that an answer is read.
const ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// Assets put into an album at once.
const BATCH: usize = 500;

/// Where to, and by which right.
pub struct ImmichServer {
    /// The server's address, `https://photos.example.org`.
    pub url: String,
    /// A key that its owner made in Immich, with the rights to upload and to make albums.
    pub key: Zeroizing<String>,
}

impl Engine {
    /// Uploads every original that is here, and puts them into an album of the group's title. What the server has already, by
    /// its bytes, is not sent again.
    ///
    /// # Errors
    /// [`ErrorCode::ServerUnreachable`], [`ErrorCode::ServerRefused`], [`ErrorCode::BadRequest`] for an address that is none.
    pub async fn export_to_immich(
        &self,
        caller: Caller,
        group: &str,
        to: ImmichServer,
        progress: impl Fn(HomeProgress) + Send + Sync + 'static,
    ) -> Result<ExportReceipt, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        stoppable(move |stop| run(&group, &Server::new(to)?, &stop, &progress)).await
    }
}

fn run(group: &Arc<Group>, server: &Server, stop: &Stop, progress: &dyn Fn(HomeProgress)) -> ApiResult<ExportReceipt> {
    let title = group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
    let album = server.album(&title)?;
    let (mut receipt, mut assets) = (ExportReceipt::default(), Vec::new());
    layout::each(group, stop, |item, done, total| {
        assets.extend(upload(group, server, &item, &mut receipt)?);
        if assets.len() >= BATCH {
            server.put_into(&album, &std::mem::take(&mut assets))?;
        }
        progress(HomeProgress { done, total, bytes: receipt.bytes });
        Ok(())
    })?;
    server.put_into(&album, &assets)?;
    let fingerprint = super::fingerprint(&group.store)?;
    Ok(ExportReceipt { fingerprint: fingerprint.fingerprint, words: fingerprint.words, ..receipt })
}

/// Uploads a moment: the moving part of a Live Photo first, for the still names it.
fn upload(group: &Group, server: &Server, item: &Item, receipt: &mut ExportReceipt) -> ApiResult<Option<String>> {
    let mut motion = None;
    for kind in [FileKind::Motion, FileKind::Original] {
        let Some(file) = item.files.iter().find(|file| file.kind == kind) else { continue };
        let Some(sound) = file.prove(group)? else { continue };
        let name = format!("{}.{}", item.stem, file.ending);
        let (id, is_new) = server.upload(group, item, &sound, &name, motion.as_deref())?;
        receipt.written += u32::from(is_new);
        receipt.skipped += u32::from(!is_new);
        receipt.bytes += if is_new { sound.size } else { 0 };
        match kind {
            FileKind::Motion => motion = Some(id),
            FileKind::Original | FileKind::Preview => return Ok(Some(id)),
        }
    }
    receipt.missing += 1;
    Ok(None)
}

struct Server {
    agent: Agent,
    api: String,
    key: Zeroizing<String>,
}

impl Server {
    fn new(to: ImmichServer) -> ApiResult<Self> {
        let base = to.url.trim().trim_end_matches('/');
        let base = base.strip_suffix("/api").unwrap_or(base);
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(bad_request("the server's address begins with https:// or http://"));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_write(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .build();
        Ok(Self { agent: config.into(), api: format!("{base}/api"), key: to.key })
    }

    /// The album of that name: the one that is there, or a new one.
    fn album(&self, title: &str) -> ApiResult<String> {
        let albums = self.answer(self.agent.get(self.at("albums")).header("x-api-key", self.key()?).call())?;
        let named = albums.as_array().into_iter().flatten().find(|album| album["albumName"] == title);
        match named {
            Some(album) => id_of(album),
            None => id_of(&self.post("albums", &json!({ "albumName": title }))?),
        }
    }

    fn put_into(&self, album: &str, assets: &[String]) -> ApiResult<()> {
        if assets.is_empty() {
            return Ok(());
        }
        let request = self.agent.put(self.at(&format!("albums/{album}/assets")));
        let request = request.header("x-api-key", self.key()?).content_type("application/json");
        self.answer(request.send(json!({ "ids": assets }).to_string())).map(drop)
    }

    /// Uploads one file. Answers its id there, and whether it is new.
    fn upload(
        &self,
        group: &Group,
        item: &Item,
        sound: &Sound<'_>,
        name: &str,
        motion: Option<&str>,
    ) -> ApiResult<(String, bool)> {
        let checksum = sha1(sound)?;
        let asked = json!({ "assets": [{ "id": name, "checksum": checksum }] });
        let known = self.post("assets/bulk-upload-check", &asked)?;
        if known["results"][0]["action"] == "reject"
            && let Some(id) = known["results"][0]["assetId"].as_str()
        {
            return Ok((id.to_owned(), false));
        }
        let captured_at = item.captured_at();
        let mut fields = vec![
            ("deviceAssetId", item.row.id.to_string()),
            ("deviceId", format!("afterglow-{}", &group.id.to_string()[..16])),
            ("fileCreatedAt", captured_at.clone()),
            ("fileModifiedAt", captured_at),
            ("isFavorite", item.row.favourite.to_string()),
            ("filename", name.to_owned()),
        ];
        fields.extend(motion.map(|id| ("livePhotoVideoId", id.to_owned())));
        let form = Form::new(&fields, name, &sidecar::xmp(item));
        let length = form.head.len() as u64 + sound.size + form.tail.len() as u64;
        let mut body = Cursor::new(&form.head).chain(sound.reader()).chain(Cursor::new(&form.tail));
        let request = self.agent.post(self.at("assets")).header("x-api-key", self.key()?);
        let request = request
            .header("x-immich-checksum", checksum)
            .header("content-length", length.to_string())
            .content_type(form.content_type());
        let answer = self.answer(request.send(SendBody::from_reader(&mut body)))?;
        Ok((id_of(&answer)?, answer["status"] != "duplicate"))
    }

    fn post(&self, path: &str, body: &Value) -> ApiResult<Value> {
        let request = self.agent.post(self.at(path)).header("x-api-key", self.key()?).content_type("application/json");
        self.answer(request.send(body.to_string()))
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.api)
    }

    /// The key as a header says it. What no header can say is no key.
    fn key(&self) -> ApiResult<&str> {
        let key = self.key.trim();
        let is_plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_plain.then_some(key).ok_or_else(|| bad_request("this is no API key of Immich"))
    }

    fn answer(&self, sent: Result<Response<ureq::Body>, ureq::Error>) -> ApiResult<Value> {
        let mut response = sent.map_err(|error| {
            ApiError::new(ErrorCode::ServerUnreachable, format!("{} does not answer: {error}.", self.api))
        })?;
        let status = response.status();
        let text = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_string().unwrap_or_default();
        let refused = |why: &str| {
            ApiError::new(ErrorCode::ServerRefused, format!("{} refused ({}): {why}.", self.api, status.as_u16()))
                .with("status", status.as_u16())
        };
        match status.as_u16() {
            200..=299 if text.is_empty() => Ok(Value::Null),
            200..=299 => serde_json::from_str(&text).map_err(|_| refused("its answer is not that of an Immich server")),
            401 | 403 => Err(refused("the key is wrong, or may not upload and make albums")),
            300..=399 => Err(refused("it is to be found at another address")),
            _ => Err(refused(text.get(..200).unwrap_or(&text))),
        }
    }
}

fn id_of(answer: &Value) -> ApiResult<String> {
    let is_plain = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let id = answer["id"].as_str().filter(is_plain);
    id.map(str::to_owned)
        .ok_or_else(|| ApiError::new(ErrorCode::ServerRefused, "the server's answer is not that of an Immich server"))
}

fn sha1(sound: &Sound<'_>) -> ApiResult<String> {
    let mut hasher = Sha1::new();
    let (mut reader, mut bytes) = (sound.reader(), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut bytes).map_err(IntoApi::into_api)? {
            0 => return Ok(BASE64.encode(&hasher.finalize())),
            read => hasher.update(&bytes[..read]),
        }
    }
}

/// A `multipart/form-data` body around one file (RFC 7578).
struct Form {
    boundary: String,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Form {
    fn new(fields: &[(&str, String)], file_name: &str, xmp: &str) -> Self {
        let boundary = format!("afterglow-{}", data_encoding::HEXLOWER.encode(&crate::clock::random::<16>()));
        let name = file_name.replace(['"', '\r', '\n'], "_");
        let mut head = String::new();
        for (field, value) in fields {
            head += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        }
        head += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"sidecarData\"; filename=\"{name}.xmp\"\r\n\
             Content-Type: application/xml\r\n\r\n{xmp}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"assetData\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Self { boundary, head: head.into_bytes(), tail: tail.into_bytes() }
    }

    fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }
}

impl std::fmt::Debug for ImmichServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImmichServer").field("url", &self.url).finish_non_exhaustive()
    }
}
