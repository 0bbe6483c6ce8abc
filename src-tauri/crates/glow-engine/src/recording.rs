//! Recordings: bytes that become a clip while they come.
//!
//! Until it is known whether a recording can go out as it comes, its bytes stand in a private temporary file. What cannot is
//! added from there when it is closed, like any other file. What can is sealed part by part and kept nowhere else; only its
//! beginning stays in that file, for a poster.

use std::{
    fs::File,
    io::{Cursor, Read, Seek, Write},
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use glow_api::{ApiError, ClipReceipt, ErrorCode, PostReceipt};
use glow_media::{ExternalTools, NotStreamable, Part as Stretch, PartKind, Previews, Probe, Splitter, Verdict};
use glow_model::{
    BlobRef, Body, ClipClose, ClipOpen, FragmentBody, MediaHasher, MediaId, OperationId, Plane, Retract, Sealer,
    VerifiedFragment, fragment::Position, limits,
};
use glow_store::{CapturedPart, IncomingFragment, LocalCapture, Part, Patch};
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;

use crate::{
    clock::{now_ms, random},
    desk::Desk,
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    pipeline::{
        clip,
        describe::describe,
        ingest::{self, CaptureFile, Probed},
        seal::{self, Sealing},
    },
};

/// Where a recording is.
enum State {
    /// Nobody knows yet whether it can go out as it comes.
    Unknown(Box<Splitter>),
    /// It can, and does.
    Open(Box<Open>),
    /// It goes out when it is closed.
    WhenClosed,
    /// It has ended.
    Ended,
}

/// A clip that goes out.
struct Open {
    clip: OperationId,
    splitter: Splitter,
    media_type: String,
    hasher: MediaHasher,
    last: Option<VerifiedFragment>,
    segments: Vec<BlobRef>,
    /// Length and hash of each segment as it was recorded.
    recorded: Vec<(usize, blake3::Hash)>,
    patches: Vec<Patch>,
    size_bytes: u64,
    duration_ms: u64,
    probe: Probe,
    poster: Option<JoinHandle<Option<Box<Previews>>>>,
    /// Why nothing more of it goes out.
    broken: Option<NotStreamable>,
}

/// One recording on its way in. Dropping it without closing leaves what went out as it is.
pub struct Recording {
    group: Arc<Group>,
    /// Where its bytes are cut and sealed.
    desk: Desk,
    tools: ExternalTools,
    scratch: PathBuf,
    name: String,
    file: NamedTempFile,
    taken_bytes: u64,
    state: State,
    moment: Option<OperationId>,
}

impl Engine {
    /// Starts to take in a recording.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownGroup`], [`ErrorCode::GroupEnded`], [`ErrorCode::DiskFull`].
    pub async fn record(&self, caller: glow_api::Caller, group: &str, name: &str) -> Result<Recording, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        group.require_open()?;
        if group.is_ended() {
            return Err(ApiError::new(
                ErrorCode::GroupEnded,
                "the group has ended: nothing is recorded into it any more",
            ));
        }
        let scratch = self.inner.directory.incoming();
        let place = scratch.clone();
        let file = blocking(move || NamedTempFile::new_in(place)).await?;
        Ok(Recording {
            group,
            desk: Desk::open("recording")?,
            tools: self.inner.tools.clone(),
            scratch,
            name: name.to_owned(),
            file,
            taken_bytes: 0,
            state: State::Unknown(Box::default()),
            moment: None,
        })
    }
}

impl Recording {
    /// Takes the next bytes. What they complete is on its way to others when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::FileTooLarge`], [`ErrorCode::DiskFull`]; [`ErrorCode::DamagedFile`] when a clip that goes out breaks off:
    /// it is to be closed then.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        if self.taken_bytes + bytes.len() as u64 > limits::FILE_BYTES {
            return Err(ApiError::new(ErrorCode::FileTooLarge, "the recording is larger than 16 GiB"));
        }
        self.taken_bytes += bytes.len() as u64;
        match mem::replace(&mut self.state, State::Ended) {
            State::Unknown(splitter) => self.write_unknown(splitter, bytes).await,
            State::Open(open) => self.write_open(open, bytes).await,
            State::WhenClosed => {
                self.state = State::WhenClosed;
                self.keep(bytes).await
            }
            State::Ended => Err(bad_request("the recording has ended")),
        }
    }

    /// How far it is.
    #[must_use]
    pub fn receipt(&self) -> ClipReceipt {
        ClipReceipt {
            offset: self.taken_bytes,
            moment: self.moment.map(|id| id.to_string()),
            streams: matches!(self.state, State::Unknown(_) | State::Open(_)),
        }
    }

    /// Ends it. It is a moment like any other when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownFormat`] and the like when it is no clip; the receipt's failures otherwise.
    pub async fn close(&mut self) -> Result<PostReceipt, ApiError> {
        self.close_file(None).await
    }

    /// Ends it; the file it was read from is complete.
    ///
    /// # Errors
    /// As [`Recording::close`].
    pub(crate) async fn close_file(&mut self, file: Option<&Path>) -> ApiResult<PostReceipt> {
        match mem::replace(&mut self.state, State::Ended) {
            State::Open(open) => self.close_open(open, file).await,
            State::Unknown(_) | State::WhenClosed => {
                let file = CaptureFile {
                    path: self.file.path().to_owned(),
                    name: self.name.clone(),
                    modified_at_ms: i64::try_from(now_ms()).ok(),
                };
                ingest::post(&self.group, &self.tools, &self.scratch, vec![file], |_| {}).await
            }
            State::Ended => Err(bad_request("the recording has ended")),
        }
    }

    /// Gives it up: what went out is taken back.
    ///
    /// # Errors
    /// What keeps an operation from being authored.
    pub async fn abort(&mut self) -> Result<(), ApiError> {
        self.state = State::Ended;
        if let Some(target) = self.moment.take() {
            self.group.author(Body::Retract(Retract { target }), None).await?;
        }
        Ok(())
    }

    async fn write_unknown(&mut self, mut splitter: Box<Splitter>, bytes: Bytes) -> ApiResult<()> {
        let (splitter, parts) = {
            let bytes = bytes.clone();
            let push = move || {
                let parts = splitter.push(&bytes);
                (splitter, parts)
            };
            self.desk.run(push).await?
        };
        self.keep(bytes).await?;
        let mut parts = match parts {
            Ok(parts) => parts.into_iter(),
            Err(reason) => {
                tracing::debug!(%reason, "the recording goes out when it is closed");
                self.state = State::WhenClosed;
                return Ok(());
            }
        };
        let Some(init) = parts.next() else {
            self.state = State::Unknown(splitter);
            return Ok(());
        };
        let open = match self.open(*splitter, &init).await {
            Ok(open) => open,
            Err(error) => {
                tracing::debug!(%error, "the recording goes out when it is closed");
                self.state = State::WhenClosed;
                return Ok(());
            }
        };
        self.state = State::Open(Box::new(open));
        self.send(std::iter::once(init).chain(parts).collect()).await
    }

    async fn write_open(&mut self, mut open: Box<Open>, bytes: Bytes) -> ApiResult<()> {
        if open.broken.is_some() {
            self.state = State::Open(open);
            return Err(broken_off());
        }
        let push = move || {
            let parts = open.splitter.push(&bytes);
            (open, parts)
        };
        let (open, parts) = self.desk.run(push).await?;
        self.state = State::Open(open);
        match parts {
            Ok(parts) => self.send(parts).await,
            Err(reason) => {
                tracing::warn!(%reason, "a recording breaks off");
                if let State::Open(open) = &mut self.state {
                    open.broken = Some(reason);
                }
                Err(broken_off())
            }
        }
    }

    /// Opens the clip: from here on it is on the timeline.
    async fn open(&mut self, splitter: Splitter, init: &Stretch) -> ApiResult<Open> {
        let bytes = init.bytes.clone();
        let probe = blocking(move || glow_media::probe(&mut Cursor::new(bytes)).map_err(IntoApi::into_api)).await?;
        let file = CaptureFile { path: PathBuf::new(), name: self.name.clone(), modified_at_ms: None };
        let mut moment = describe(&file, &probe, MediaId(random()), false);
        // A recording begins now, whatever the header of its container was made to say.
        (moment.captured_ms, moment.duration_ms) = (now_ms(), None);
        let media_type = moment.media_type.clone();
        let mut kept = self.file.as_file().try_clone().map_err(IntoApi::into_api)?;
        let beginning = init.bytes.clone();
        blocking(move || {
            kept.set_len(0)?;
            kept.rewind()?;
            kept.write_all(&beginning)
        })
        .await?;
        let clip = self.group.author(Body::ClipOpen(ClipOpen { moment }), None).await?;
        self.moment = Some(clip);
        Ok(Open {
            clip,
            splitter,
            media_type,
            hasher: self.group.secrets().secret.media_hasher(),
            last: None,
            segments: Vec::new(),
            recorded: Vec::new(),
            patches: Vec::new(),
            size_bytes: 0,
            duration_ms: 0,
            probe,
            poster: None,
            broken: None,
        })
    }

    /// Seals parts and sends word of them.
    async fn send(&mut self, parts: Vec<Stretch>) -> ApiResult<()> {
        for part in parts {
            let State::Open(mut open) = mem::replace(&mut self.state, State::Ended) else { return Ok(()) };
            if open.segments.len() + 1 >= limits::SEGMENTS {
                self.state = State::Open(open);
                return Err(ApiError::new(ErrorCode::FileTooLarge, "the recording is longer than a clip may be"));
            }
            let first = match part.kind {
                PartKind::Fragment { .. } if open.poster.is_none() => Some(part.bytes.clone()),
                PartKind::Init(_) | PartKind::Fragment { .. } => None,
            };
            let group = self.group.clone();
            let seal = move || {
                let sent = open.seal(&group, part);
                (open, sent)
            };
            let (open, sent) = self.desk.run(seal).await?;
            self.state = State::Open(open);
            let record = sent?;
            clip::spread(&self.group, std::slice::from_ref(&record), None);
            self.group.arrived();
            self.group.bus.media_changed(self.group.id, &[record.position().clip]);
            if let Some(first) = first {
                self.make_poster(first).await?;
            }
        }
        Ok(())
    }

    /// Makes the poster from what there is at the first fragment, beside the recording.
    async fn make_poster(&mut self, first: Vec<u8>) -> ApiResult<()> {
        self.keep(first.into()).await?;
        let State::Open(open) = &mut self.state else { return Ok(()) };
        let (tools, scratch, path) = (self.tools.clone(), self.scratch.clone(), self.file.path().to_owned());
        let probe = Probe { duration_ms: None, ..open.probe.clone() };
        open.poster = Some(tokio::task::spawn_blocking(move || {
            let file = CaptureFile { path, name: String::new(), modified_at_ms: None };
            ingest::previews(&Probed { file, probe, size: 0 }, &tools, &scratch).ok().flatten()
        }));
        Ok(())
    }

    async fn close_open(&mut self, mut open: Box<Open>, file: Option<&Path>) -> ApiResult<PostReceipt> {
        let rest = match open.broken.take() {
            Some(_) => Vec::new(),
            None => mem::take(&mut open.splitter).finish().unwrap_or_default(),
        };
        let clip = open.clip;
        self.state = State::Open(open);
        self.send(rest).await?;
        let State::Open(mut open) = mem::replace(&mut self.state, State::Ended) else { return Err(broken_off()) };
        if open.segments.len() < 2 {
            self.abort().await?;
            return Err(ApiError::new(ErrorCode::DamagedFile, "the recording ended before there was a picture"));
        }
        let previews = match open.poster.take() {
            Some(poster) => poster.await.ok().flatten(),
            None => None,
        };
        let (group, file) = (self.group.clone(), file.map(Path::to_owned));
        let (close, local) = blocking(move || {
            if let Some(Err(error)) = file.map(|path| open.settle(&group, &path)) {
                tracing::debug!(%error, "a recording stays as it went out");
            }
            open.closing(&group, previews)
        })
        .await?;
        self.group.author(Body::ClipClose(close), Some(local)).await?;
        Ok(PostReceipt { moments: vec![clip.to_string()], ..PostReceipt::default() })
    }

    async fn keep(&mut self, bytes: Bytes) -> ApiResult<()> {
        let mut file = self.file.as_file().try_clone().map_err(IntoApi::into_api)?;
        blocking(move || file.write_all(&bytes)).await
    }
}

impl Open {
    /// Seals a part, signs its record and stores both durably.
    fn seal(&mut self, group: &Group, part: Stretch) -> ApiResult<VerifiedFragment> {
        let Stretch { mut bytes, blanking, kind } = part;
        self.recorded.push((bytes.len(), blake3::hash(&bytes)));
        let own = seal::originals(&blanking, 0, &bytes);
        self.patches.extend(own.into_iter().map(|patch| Patch { offset: self.size_bytes + patch.offset, ..patch }));
        blanking.apply(0, &mut bytes);
        self.hasher.update(&bytes);
        self.size_bytes += bytes.len() as u64;
        let secrets = group.secrets();
        let blob = group.blobs.import(&secrets.secret, bytes).map_err(IntoApi::into_api)?;
        let (duration_ms, begins) = match kind {
            PartKind::Init(_) => (0, false),
            PartKind::Fragment { duration_ms, begins } => (duration_ms, begins),
        };
        self.duration_ms += u64::from(duration_ms);
        self.segments.push(blob.clone());
        let body = FragmentBody { blob, duration_ms, begins };
        let epoch = secrets.newest_epoch();
        let position = self.last.as_ref().map_or_else(|| Position::first(self.clip), Position::after);
        let key = epoch.payload_key(Plane::Content).ok_or_else(crate::group::cannot_read)?;
        let sealer = Sealer { key: &key, nonce: random() };
        let record = position.author(&body, &secrets.keys, epoch.id, sealer).map_err(IntoApi::into_api)?;
        self.last = Some(record.clone());
        let incoming = IncomingFragment { record: record.clone(), body, received_ms: now_ms(), own: true };
        group.store.add_fragments(&[incoming]).map_err(IntoApi::into_api)?;
        Ok(record)
    }

    /// Takes over what a file says in its beginning once it is complete: some writers fill in lengths there at the end. Where
    /// more than that changed, the clip stays as it went out.
    fn settle(&mut self, group: &Group, path: &Path) -> ApiResult<()> {
        let mut file = File::open(path).map_err(IntoApi::into_api)?;
        let mut hasher = group.secrets().secret.media_hasher();
        let mut beginning = None;
        for (index, (length, hash)) in self.recorded.iter().enumerate() {
            let mut bytes = vec![0; *length];
            file.read_exact(&mut bytes).map_err(IntoApi::into_api)?;
            if blake3::hash(&bytes) == *hash {
                hasher.update(&group.blobs.read(&self.segments[index]).map_err(IntoApi::into_api)?);
                continue;
            }
            let blanking = glow_media::blank(&mut Cursor::new(&bytes), self.probe.format).map_err(IntoApi::into_api)?;
            if index > 0 || matches!(blanking.verdict, Verdict::NotProvable(_)) {
                return Ok(());
            }
            let patches = seal::originals(&blanking, 0, &bytes);
            blanking.apply(0, &mut bytes);
            hasher.update(&bytes);
            beginning = Some((bytes, patches));
        }
        let Some((bytes, patches)) = beginning else { return Ok(()) };
        let length = bytes.len() as u64;
        self.segments[0] = group.blobs.import(&group.secrets().secret, bytes).map_err(IntoApi::into_api)?;
        self.patches.retain(|patch| patch.offset >= length);
        self.patches.extend(patches);
        self.hasher = hasher;
        Ok(())
    }

    /// What the recording came to.
    fn closing(
        self: Box<Self>,
        group: &Group,
        previews: Option<Box<Previews>>,
    ) -> ApiResult<(ClipClose, LocalCapture)> {
        let mut sealing = Sealing::new(group);
        sealing.local.held = self.segments.iter().map(|segment| segment.id).collect();
        sealing.local.parts = vec![CapturedPart { part: Part::Original, patches: self.patches, held_back: None }];
        let close = closing(
            &mut sealing,
            self.clip,
            self.hasher.finish(),
            self.media_type,
            self.segments,
            self.duration_ms,
            previews,
        )?;
        Ok((close, sealing.finish()))
    }
}

#[allow(clippy::too_many_arguments, reason = "the fields of one operation")]
fn closing(
    sealing: &mut Sealing<'_>,
    clip: OperationId,
    media: MediaId,
    media_type: String,
    segments: Vec<BlobRef>,
    duration_ms: u64,
    previews: Option<Box<Previews>>,
) -> ApiResult<ClipClose> {
    let mut close = ClipClose {
        clip,
        media,
        original: sealing.original(media_type, segments)?,
        duration_ms: u32::try_from(duration_ms).unwrap_or(u32::MAX),
        placeholder: Vec::new().into(),
        grid: None,
        screen: None,
    };
    if let Some(previews) = previews {
        close.placeholder = previews.placeholder.into();
        close.grid = Some(sealing.blob(previews.grid.bytes)?);
        close.screen = Some(sealing.blob(previews.screen.bytes)?);
    }
    Ok(close)
}

/// Closes what this device was recording when it ended: the fragments that went out are the clip.
pub(crate) async fn close_left_open(group: &Arc<Group>) -> ApiResult<()> {
    let this = group.clone();
    let left = blocking(move || this.store.unclosed_clips()).await?;
    for clip in left.into_iter().filter(|clip| clip.own && clip.author == group.me) {
        let this = group.clone();
        let close = blocking(move || left_open(&this, clip.id)).await?;
        match close {
            Some((close, local)) => group.author(Body::ClipClose(close), Some(local)).await?,
            None => group.author(Body::Retract(Retract { target: clip.id }), None).await?,
        };
    }
    Ok(())
}

fn left_open(group: &Group, clip: OperationId) -> ApiResult<Option<(ClipClose, LocalCapture)>> {
    let row = group.store.moment(clip).map_err(IntoApi::into_api)?;
    let segments = group.store.segments(clip, Part::Original).map_err(IntoApi::into_api)?;
    let Some(row) = row.filter(|_| segments.len() > 1) else { return Ok(None) };
    let mut hasher = group.secrets().secret.media_hasher();
    for segment in &segments {
        hasher.update(&group.blobs.read(segment).map_err(IntoApi::into_api)?);
    }
    let mut sealing = Sealing::new(group);
    let duration_ms = row.duration_ms.unwrap_or(0).into();
    let close = closing(&mut sealing, clip, hasher.finish(), row.media_type, segments, duration_ms, None)?;
    Ok(Some((close, sealing.finish())))
}

fn broken_off() -> ApiError {
    ApiError::new(ErrorCode::DamagedFile, "the recording breaks off here: what came before is the clip")
}
