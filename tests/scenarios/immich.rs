//! Into an Immich server: a stand-in that follows its documented interface (`POST /api/assets`, `bulk-upload-check`, albums),
//! and answers as the server does. It is not Immich itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use glow_api::{ApiError, Caller, ErrorCode, ExportReceipt, JobState, MomentCaption};
use glow_engine::ImmichServer;
use serde_json::{Value, json};

use crate::cast::{Person, Play, eventually};

const KEY: &str = "the-key-of-anna";

/// What the server holds.
#[derive(Default)]
struct Library {
    /// Assets by checksum: id, fields, bytes.
    assets: BTreeMap<String, (String, BTreeMap<String, Vec<u8>>)>,
    albums: BTreeMap<String, (String, Vec<String>)>,
    uploads: usize,
}

type Shared = Arc<Mutex<Library>>;

async fn server(library: &Shared) -> SocketAddr {
    let app = Router::new()
        .route("/api/assets/bulk-upload-check", post(check))
        .route("/api/assets", post(upload))
        .route("/api/albums", get(albums).post(new_album))
        .route("/api/albums/{id}/assets", put(into_album))
        .layer(DefaultBodyLimit::disable())
        .with_state(library.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn allowed(headers: &HeaderMap) -> Result<(), StatusCode> {
    (headers.get("x-api-key").is_some_and(|key| key == KEY)).then_some(()).ok_or(StatusCode::UNAUTHORIZED)
}

fn open(library: &Shared) -> std::sync::MutexGuard<'_, Library> {
    library.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn check(
    State(library): State<Shared>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    allowed(&headers)?;
    let library = open(&library);
    let results = asked["assets"].as_array().unwrap().iter().map(|asset| {
        match library.assets.get(asset["checksum"].as_str().unwrap()) {
            Some((id, _)) => json!({ "id": asset["id"], "action": "reject", "reason": "duplicate", "assetId": id }),
            None => json!({ "id": asset["id"], "action": "accept" }),
        }
    });
    Ok(Json(json!({ "results": results.collect::<Vec<_>>() })))
}

async fn upload(
    State(library): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    allowed(&headers)?;
    let checksum = headers["x-immich-checksum"].to_str().unwrap().to_owned();
    let kind = headers["content-type"].to_str().unwrap();
    let (_, boundary) = kind.split_once("boundary=").unwrap();
    let form = parts(&body, boundary);
    for field in ["deviceAssetId", "deviceId", "fileCreatedAt", "fileModifiedAt", "assetData"] {
        assert!(form.contains_key(field), "{field} is required");
    }
    let mut library = open(&library);
    library.uploads += 1;
    let id = format!("00000000-0000-4000-8000-{:012}", library.uploads);
    library.assets.insert(checksum, (id.clone(), form));
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "status": "created" }))))
}

/// The parts of a multipart body (RFC 7578) by their names.
fn parts(body: &[u8], boundary: &str) -> BTreeMap<String, Vec<u8>> {
    let line = format!("--{boundary}");
    let find =
        |from: usize, what: &[u8]| body[from..].windows(what.len()).position(|at| at == what).map(|at| at + from);
    let (mut found, mut at) = (BTreeMap::new(), find(0, line.as_bytes()).unwrap());
    while let Some(next) = find(at + line.len(), format!("\r\n{line}").as_bytes()) {
        let content = find(at, b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&body[at..content]);
        let name = head.split_once("name=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        found.insert(name, body[content..next].to_vec());
        at = next + 2;
    }
    found
}

async fn albums(State(library): State<Shared>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    allowed(&headers)?;
    let library = open(&library);
    let albums = library.albums.iter().map(|(id, (name, _))| json!({ "id": id, "albumName": name }));
    Ok(Json(albums.collect()))
}

async fn new_album(
    State(library): State<Shared>,
    headers: HeaderMap,
    Json(album): Json<Value>,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    allowed(&headers)?;
    let mut library = open(&library);
    let id = format!("10000000-0000-4000-8000-{:012}", library.albums.len());
    library.albums.insert(id.clone(), (album["albumName"].as_str().unwrap().to_owned(), vec![]));
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "albumName": album["albumName"] }))))
}

async fn into_album(
    State(library): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    allowed(&headers)?;
    let mut library = open(&library);
    let (_, assets) = library.albums.get_mut(&id).ok_or(StatusCode::BAD_REQUEST)?;
    let ids = asked["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for id in &ids {
        if !assets.contains(id) {
            assets.push(id.clone());
        }
    }
    Ok(Json(ids.into_iter().map(|id| json!({ "id": id, "success": true })).collect()))
}

impl Person {
    async fn uploads(&self, url: String, key: &str) -> Result<ExportReceipt, ApiError> {
        let to = ImmichServer { url, key: key.to_owned().into() };
        self.engine().export_to_immich(Caller::Owner, &self.group, to, |_| {}).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_album_goes_into_an_immich_server_once() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    let samples = [0, 3].map(|number| play.studio.photo(number).unwrap());
    let moments = alice.post(&samples.iter().collect::<Vec<_>>()).await.moments;
    let (group, moment) = (alice.group.clone(), moments[0].clone());
    alice.must(MomentCaption { group, moment, text: "the cake".into() }).await;
    let library = Shared::default();
    let url = format!("http://{}/", server(&library).await);

    let receipt = alice.uploads(url.clone(), KEY).await.unwrap();
    assert_eq!((receipt.written, receipt.skipped, receipt.missing), (2, 0, 0));
    {
        let library = open(&library);
        let uploaded = library.assets.values().map(|(_, form)| form["assetData"].clone()).collect::<Vec<_>>();
        for sample in &samples {
            assert!(uploaded.contains(&sample.bytes().unwrap()), "bit for bit");
        }
        let sidecars =
            library.assets.values().map(|(_, form)| String::from_utf8_lossy(&form["sidecarData"]).into_owned());
        assert!(sidecars.into_iter().any(|xmp| xmp.contains("the cake")));
        let album = library.albums.values().next().unwrap();
        assert_eq!((album.0.as_str(), album.1.len()), ("Anna & Ben", 2));
    }

    let again = alice.uploads(format!("{url}api"), KEY).await.unwrap();
    assert_eq!((again.written, again.skipped), (0, 2), "by its bytes it is known");
    let library = open(&library);
    assert_eq!((library.uploads, library.albums.len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_or_is_none_is_told_apart() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    alice.post(&[&play.studio.photo(1).unwrap()]).await;
    let library = Shared::default();
    let url = format!("http://{}", server(&library).await);
    let code = async |url: String, key: &str| alice.uploads(url, key).await.unwrap_err().code;

    assert_eq!(code(url.clone(), "another-key").await, ErrorCode::ServerRefused);
    assert_eq!(code(format!("{url}/photos"), KEY).await, ErrorCode::ServerRefused, "there is no server below that");
    assert_eq!(code("http://127.0.0.1:1".into(), KEY).await, ErrorCode::ServerUnreachable);
    assert_eq!(code("photos.example.org".into(), KEY).await, ErrorCode::BadRequest);
    assert_eq!(code(url.clone(), "two\r\nlines").await, ErrorCode::BadRequest);
    assert_eq!(open(&library).uploads, 0);

    let start = glow_api::ImmichStart { group: alice.group.clone(), url, key: "another-key".into() };
    assert!(!format!("{start:?}").contains("another-key"), "a key is never printed");
    alice.must(start).await;
    let failed = eventually("it failed", || async {
        let job = alice.must(glow_api::JobGet { group: alice.group.clone() }).await.job;
        job.filter(|job| job.state == JobState::Failed)
    })
    .await;
    let error = failed.error.unwrap();
    assert_eq!(error.code, ErrorCode::ServerRefused);
    assert!(!error.message.contains("another-key"), "{error}");
}
