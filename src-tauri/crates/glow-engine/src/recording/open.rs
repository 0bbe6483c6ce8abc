//! A clip that goes out: each part sealed and signed as it comes, and at the end what they came to.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
    sync::Arc,
};

use glow_media::{NotStreamable, Part as Stretch, PartKind, Previews, Probe, Splitter, Verdict};
use glow_model::{
    BlobRef, Body, ClipClose, FragmentBody, MediaHasher, MediaId, OperationId, Plane, Retract, Sealer,
    VerifiedFragment, fragment::Position,
};
use glow_store::{CapturedPart, IncomingFragment, LocalCapture, Part, Patch};
use tokio::task::JoinHandle;

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::seal::{self, Sealing},
};

/// A clip that goes out.
pub(super) struct Open {
    pub(super) clip: OperationId,
    pub(super) splitter: Splitter,
    pub(super) media_type: String,
    pub(super) hasher: MediaHasher,
    pub(super) last: Option<VerifiedFragment>,
    pub(super) segments: Vec<BlobRef>,
    /// Length and hash of each segment as it was recorded.
    pub(super) recorded: Vec<(usize, blake3::Hash)>,
    pub(super) patches: Vec<Patch>,
    pub(super) size_bytes: u64,
    pub(super) duration_ms: u64,
    pub(super) probe: Probe,
    pub(super) poster: Option<JoinHandle<Option<Box<Previews>>>>,
    /// Why nothing more of it goes out.
    pub(super) broken: Option<NotStreamable>,
}

impl Open {
    /// A clip that was opened, and of which nothing has gone out.
    pub(super) fn new(
        group: &Group,
        clip: OperationId,
        media_type: String,
        (splitter, probe): (Splitter, Probe),
    ) -> Self {
        Self {
            clip,
            splitter,
            media_type,
            hasher: group.secrets().secret.media_hasher(),
            last: None,
            segments: Vec::new(),
            recorded: Vec::new(),
            patches: Vec::new(),
            size_bytes: 0,
            duration_ms: 0,
            probe,
            poster: None,
            broken: None,
        }
    }

    /// Seals a part, signs its record and stores both durably.
    pub(super) fn seal(&mut self, group: &Group, part: Stretch) -> ApiResult<VerifiedFragment> {
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
    pub(super) fn settle(&mut self, group: &Group, path: &Path) -> ApiResult<()> {
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
    pub(super) fn closing(
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
