//! WebDAV, as cameras and phones speak it: `PUT` over plain HTTP with a password.

use std::convert::Infallible;
use std::fmt::{self, Debug};
use std::io::{self, SeekFrom};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Buf, Bytes};
use data_encoding::BASE64;
use dav_server::body::Body;
use dav_server::davpath::DavPath;
use dav_server::fakels::FakeLs;
use dav_server::fs::{
    DavDirEntry, DavFile, DavFileSystem, DavMetaData, FsError, FsFuture, FsResult, FsStream, OpenOptions, ReadDirMeta,
};
use dav_server::{DavHandler, DavMethod, DavMethodSet};
use futures::{FutureExt, StreamExt};
use glow_api::{ApiError, ErrorCode};
use glow_engine::{Incoming, Spool};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gate::{Gate, MAX_FAILED_LOGINS};
use crate::pace::{Pace, STALLED};

/// A request's head must have come within this, and an idle connection is closed after it.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Bytes read ahead of the disk, and largest head of a request.
const READ_AHEAD_BYTES: usize = 256 * 1024;

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Server {
    handler: DavHandler,
    gate: Arc<Gate>,
}

impl Server {
    pub(crate) fn new(spool: Spool, gate: Arc<Gate>) -> Self {
        let mut methods = DavMethodSet::none();
        for method in [
            DavMethod::Options,
            DavMethod::Head,
            DavMethod::Put,
            DavMethod::Move,
            DavMethod::PropFind,
            DavMethod::PropPatch,
            DavMethod::MkCol,
            DavMethod::Lock,
            DavMethod::Unlock,
        ] {
            methods.add(method);
        }
        let handler = DavHandler::builder()
            .filesystem(Box::new(Slot(spool)))
            // Some programs upload only where they hold a lock; nobody else is there to lock out.
            .locksystem(FakeLs::new())
            .methods(methods)
            .build_handler();
        Self { handler, gate }
    }

    /// Serves one client until it goes.
    pub(crate) async fn converse(self, stream: TcpStream, from: IpAddr) {
        let _ = stream.set_nodelay(true);
        let turned_away = Arc::new(AtomicUsize::new(0));
        let service = service_fn(move |request| {
            let (server, turned_away) = (self.clone(), turned_away.clone());
            async move { Ok::<_, Infallible>(server.answer(request, from, &turned_away).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(READ_AHEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a camera's connection broke");
        }
    }

    /// Answers one request; `turned_away` counts those of its connection that were not let in.
    async fn answer(
        &self,
        request: Request<hyper::body::Incoming>,
        from: IpAddr,
        turned_away: &AtomicUsize,
    ) -> Response<Body> {
        if let Some(mut refusal) = self.refusal(request.headers(), from) {
            if turned_away.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_FAILED_LOGINS {
                refusal.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            }
            return refusal;
        }
        turned_away.store(0, Ordering::Relaxed);
        let (head, body) = request.into_parts();
        self.handler.handle(Request::from_parts(head, StreamBody::new(paced(body)))).await
    }

    fn refusal(&self, headers: &hyper::HeaderMap, from: IpAddr) -> Option<Response<Body>> {
        // No camera is a page: whoever sends an origin is a browser that somebody uses as a hand.
        if headers.contains_key(header::ORIGIN) {
            return Some(plain(StatusCode::FORBIDDEN, None));
        }
        let is_known = credentials(headers)
            .is_some_and(|(user, password)| self.gate.admits(&user, &password, from, Instant::now()));
        let challenge = "Basic realm=\"Afterglow\", charset=\"UTF-8\"";
        (!is_known).then(|| plain(StatusCode::UNAUTHORIZED, Some(challenge)))
    }
}

fn plain(status: StatusCode, challenge: Option<&'static str>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Some(challenge) = challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(challenge));
    }
    response
}

/// The name and password of a request (RFC 7617).
fn credentials(headers: &hyper::HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64.decode(encoded.trim().as_bytes()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// A body that fails when it stands still or crawls.
fn paced(body: hyper::body::Incoming) -> impl futures::Stream<Item = io::Result<Frame<Bytes>>> + Send {
    let start = (Some(body), Pace::start(Instant::now()), 0);
    futures::stream::unfold(start, async |(body, pace, mut bytes)| {
        let mut body = body?;
        let frame = match timeout(STALLED, body.frame()).await {
            Ok(None) => return None,
            Ok(Some(frame)) => frame.map_err(io::Error::other),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        bytes += frame.as_ref().ok().and_then(|frame| frame.data_ref()).map_or(0, |data| data.len() as u64);
        let frame = match frame {
            Ok(_) if pace.is_crawling(bytes, Instant::now()) => Err(io::ErrorKind::TimedOut.into()),
            frame => frame,
        };
        let rest = frame.is_ok().then_some(body);
        Some((frame, (rest, pace, bytes)))
    })
}

/// The storage that a client sees: folders without end, all empty, and a slot for files.
#[derive(Clone)]
struct Slot(Spool);

impl DavFileSystem for Slot {
    fn open<'a>(&'a self, path: &'a DavPath, options: OpenOptions) -> FsFuture<'a, Box<dyn DavFile>> {
        async move {
            if !options.write || options.append || !options.truncate {
                return Err(FsError::Forbidden);
            }
            let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
            let incoming = self.0.begin(&name, options.size).await.map_err(|error| refused(&error))?;
            let upload = Upload { spool: self.0.clone(), incoming: Some(incoming), name, said: options.size, sent: 0 };
            Ok(Box::new(upload) as Box<dyn DavFile>)
        }
        .boxed()
    }

    fn read_dir<'a>(&'a self, _: &'a DavPath, _: ReadDirMeta) -> FsFuture<'a, FsStream<Box<dyn DavDirEntry>>> {
        async move { Ok(futures::stream::empty().boxed() as FsStream<Box<dyn DavDirEntry>>) }.boxed()
    }

    fn metadata<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, Box<dyn DavMetaData>> {
        let is_folder = path.is_collection() || !path.as_bytes().contains(&b'.');
        let sent = self.0.sent_lately(&String::from_utf8_lossy(path.as_bytes())).filter(|_| !path.is_collection());
        async move {
            if let Some(size_bytes) = sent {
                return Ok(Box::new(Seen::File(size_bytes)) as Box<dyn DavMetaData>);
            }
            if is_folder { Ok(Box::new(Seen::Folder) as Box<dyn DavMetaData>) } else { Err(FsError::NotFound) }
        }
        .boxed()
    }

    fn rename<'a>(&'a self, from: &'a DavPath, to: &'a DavPath) -> FsFuture<'a, ()> {
        let text = |path: &DavPath| String::from_utf8_lossy(path.as_bytes()).into_owned();
        async move { self.0.rename(&text(from), &text(to)).await.map_err(|error| refused(&error)) }.boxed()
    }

    fn create_dir<'a>(&'a self, _: &'a DavPath) -> FsFuture<'a, ()> {
        async move { Ok(()) }.boxed()
    }
}

/// What a client is told of a folder, or of the file that it sends.
#[derive(Debug, Clone)]
enum Seen {
    Folder,
    File(u64),
}

impl DavMetaData for Seen {
    fn len(&self) -> u64 {
        match self {
            Self::Folder => 0,
            Self::File(bytes) => *bytes,
        }
    }

    fn modified(&self) -> FsResult<SystemTime> {
        Ok(SystemTime::UNIX_EPOCH)
    }

    fn is_dir(&self) -> bool {
        matches!(self, Self::Folder)
    }
}

/// A file on its way in. Dropped before it was flushed, it never was.
struct Upload {
    spool: Spool,
    incoming: Option<Incoming>,
    name: String,
    /// The size that the client announced.
    said: Option<u64>,
    sent: u64,
}

impl Upload {
    async fn write(&mut self, bytes: Bytes) -> FsResult<()> {
        let incoming = self.incoming.as_mut().ok_or(FsError::Forbidden)?;
        self.sent += bytes.len() as u64;
        if let Err(error) = incoming.write(bytes).await {
            self.incoming = None;
            let told = refused(&error);
            self.spool.report_failure(&self.name, error);
            return Err(told);
        }
        Ok(())
    }

    /// Ends the file, if all of it came.
    async fn end(&mut self) -> FsResult<()> {
        let Some(incoming) = self.incoming.take() else { return Ok(()) };
        if self.said.is_some_and(|said| said != self.sent) {
            self.spool.report_failure(&self.name, hung_up());
            return Err(FsError::GeneralFailure);
        }
        incoming.finish().await.map_err(|error| refused(&error))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Opened by a lock and never written to, it is no failure.
        if self.incoming.take().is_some() && self.sent > 0 {
            self.spool.report_failure(&self.name, hung_up());
        }
    }
}

impl Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl DavFile for Upload {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        let seen = Seen::File(self.sent);
        async move { Ok(Box::new(seen) as Box<dyn DavMetaData>) }.boxed()
    }

    fn write_buf(&mut self, mut buf: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        let bytes = buf.copy_to_bytes(buf.remaining());
        self.write(bytes).boxed()
    }

    fn write_bytes(&mut self, bytes: Bytes) -> FsFuture<'_, ()> {
        self.write(bytes).boxed()
    }

    fn read_bytes(&mut self, _: usize) -> FsFuture<'_, Bytes> {
        async { Err(FsError::Forbidden) }.boxed()
    }

    fn seek(&mut self, _: SeekFrom) -> FsFuture<'_, u64> {
        async { Err(FsError::NotImplemented) }.boxed()
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        self.end().boxed()
    }
}

fn hung_up() -> ApiError {
    ApiError::new(ErrorCode::DamagedFile, "the upload was broken off: send the file again")
}

fn refused(error: &ApiError) -> FsError {
    match error.code {
        ErrorCode::DiskFull => FsError::InsufficientStorage,
        ErrorCode::FileTooLarge => FsError::TooLarge,
        ErrorCode::NotHere => FsError::NotFound,
        ErrorCode::NotAllowed | ErrorCode::GroupEnded | ErrorCode::RemovedFromGroup => FsError::Forbidden,
        _ => FsError::GeneralFailure,
    }
}
