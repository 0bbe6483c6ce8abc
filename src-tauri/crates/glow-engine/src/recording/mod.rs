//! Recordings: bytes that become a clip while they come.
//!
//! Until it is known whether a recording can go out as it comes, its bytes stand in a private temporary file. What cannot is
//! added from there when it is closed, like any other file. What can is sealed part by part and kept nowhere else; only its
//! beginning stays in that file, for a poster.

mod open;

use std::{
    io::{Cursor, Seek, Write},
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use glow_api::{ApiError, ClipReceipt, ErrorCode, PostReceipt};
use glow_media::{ExternalTools, Part as Stretch, PartKind, Probe, Splitter};
use glow_model::{Body, ClipOpen, MediaId, OperationId, Retract, limits};
use tempfile::NamedTempFile;

use open::Open;

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
    },
};

pub(crate) use open::close_left_open;

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
        Ok(Open::new(&self.group, clip, media_type, (splitter, probe)))
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

fn broken_off() -> ApiError {
    ApiError::new(ErrorCode::DamagedFile, "the recording breaks off here: what came before is the clip")
}
