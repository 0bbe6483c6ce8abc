//! From a file to a moment: probe, blank, seal, derive, author.
//!
//! A file is read twice: once to know whether it is on the timeline already, once to seal it segment by segment. Nothing is
//! visible to anyone before the operation is authored; what a failure wrote is swept.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::StreamExt;
use glow_api::{ApiError, ClockPhoto, ErrorCode, PostFailure, PostReceipt};
use glow_media::{Blanking, ExternalTools, Kind, PreviewOutcome, Previews, Probe, TileReason};
use glow_model::{Body, MediaId, Moment, OperationId, Place, limits};
use glow_store::{LocalCapture, Part};

use crate::{
    clock::now_ms,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{
        announce,
        clock::{self, Reading},
        describe::describe,
        seal::{self, Sealing, beside},
    },
};

/// So few files are shots of a moment, and not an import: the neighbours are asked to let their previews through.
const FEW_FILES: usize = 3;
/// For how long: about what it takes to make them.
const HUSH_MS: u32 = 800;

/// A file to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name for people, which need not be that of the path.
    pub name: String,
    /// Its modification time, milliseconds since the Unix epoch: the capture time of last resort.
    pub modified_at_ms: Option<i64>,
}

/// How far a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostProgress {
    /// Files done, well or badly.
    pub done: u32,
    /// Files in the batch.
    pub total: u32,
    /// The file that was done last.
    pub name: String,
}

/// A file that was probed.
#[derive(Debug, Clone)]
pub(crate) struct Probed {
    pub(crate) file: CaptureFile,
    pub(crate) probe: Probe,
    pub(crate) size: u64,
}

/// What becomes one moment.
enum Unit {
    Single(Probed),
    Live { still: Probed, motion: Box<Probed> },
}

impl Unit {
    fn file(&self) -> &CaptureFile {
        let (Unit::Single(probed) | Unit::Live { still: probed, .. }) = self;
        &probed.file
    }

    fn files(&self) -> u32 {
        match self {
            Unit::Single(_) => 1,
            Unit::Live { .. } => 2,
        }
    }
}

/// A unit that is sealed and only needs to be authored.
enum Prepared {
    New {
        body: Box<Moment>,
        local: LocalCapture,
        reading: Option<Reading>,
    },
    AlreadyThere(OperationId),
    /// A photo of the group's clock that is not posted.
    Clock(Reading),
}

/// Adds files to a group. One bad file fails alone.
pub(crate) async fn post(
    group: &Arc<Group>,
    tools: &ExternalTools,
    scratch: &Path,
    files: Vec<CaptureFile>,
    progress: impl Fn(PostProgress),
) -> ApiResult<PostReceipt> {
    post_each(group, tools, scratch, files, progress, |_, _| ()).await
}

/// As [`post`], and tells of each file which moment it is.
pub(crate) async fn post_each(
    group: &Arc<Group>,
    tools: &ExternalTools,
    scratch: &Path,
    files: Vec<CaptureFile>,
    progress: impl Fn(PostProgress),
    mut posted: impl FnMut(&Path, OperationId),
) -> ApiResult<PostReceipt> {
    group.require_open()?;
    let total = u32::try_from(files.len()).unwrap_or(u32::MAX);
    let mut receipt = PostReceipt::default();
    let mut done = 0;
    let mut step = |files: u32, name: &str| {
        done += files;
        progress(PostProgress { done, total, name: name.to_owned() });
    };
    if files.len() <= FEW_FILES {
        announce::hush(group, HUSH_MS).await;
    }
    let (units, failures) = pair_up(files).await?;
    for failure in failures {
        step(1, &failure.name);
        receipt.failures.push(failure);
    }
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let mut prepared = futures::stream::iter(units)
        .map(|unit| {
            let (group, tools, scratch) = (group.clone(), tools.clone(), scratch.to_owned());
            let (file, files) = (unit.file().clone(), unit.files());
            async move { (file, files, blocking(move || prepare(&group, &tools, &scratch, unit)).await) }
        })
        .buffered(workers);
    while let Some((file, files, result)) = prepared.next().await {
        let outcome = match result {
            Ok(prepared) => author(group, prepared).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(authored) => {
                if let Some(id) = authored.moment {
                    posted(&file.path, id);
                    receipt.moments.push(id.to_string());
                }
                receipt.already_there += u32::from(authored.was_there);
                receipt.clocks.extend(authored.clock);
            }
            Err(error) => receipt.failures.push(PostFailure { name: file.name.clone(), error }),
        }
        step(files, &file.name);
    }
    if !receipt.failures.is_empty() || !receipt.clocks.is_empty() {
        seal::sweep_unused(group).await;
    }
    Ok(receipt)
}

/// What one unit came to.
#[derive(Default)]
struct Authored {
    moment: Option<OperationId>,
    was_there: bool,
    clock: Option<ClockPhoto>,
}

async fn author(group: &Arc<Group>, prepared: Prepared) -> ApiResult<Authored> {
    let there = |id| Authored { moment: Some(id), was_there: true, clock: None };
    match prepared {
        Prepared::AlreadyThere(id) => Ok(there(id)),
        Prepared::Clock(reading) => {
            Ok(Authored { clock: Some(clock::set(group, &reading).await?), ..Authored::default() })
        }
        Prepared::New { body, local, reading } => {
            let (this, media) = (group.clone(), body.media);
            // The same photo may stand twice in one batch.
            if let Some(id) = blocking(move || this.store.moment_by_media(media)).await? {
                return Ok(there(id));
            }
            let moment = Some(group.author(Body::Moment(*body), Some(local)).await?);
            let clock = match reading {
                None => None,
                Some(reading) => Some(clock::set(group, &reading).await?),
            };
            Ok(Authored { moment, was_there: false, clock })
        }
    }
}

async fn pair_up(files: Vec<CaptureFile>) -> ApiResult<(Vec<Unit>, Vec<PostFailure>)> {
    blocking(move || {
        let (mut probed, mut failures) = (Vec::new(), Vec::new());
        for file in files {
            match probe(&file) {
                Ok((probe, size)) => probed.push(Some(Probed { file, probe, size })),
                Err(error) => failures.push(PostFailure { name: file.name, error }),
            }
        }
        let probes: Vec<Probe> = probed.iter().flatten().map(|probed| probed.probe.clone()).collect();
        let mut motions = std::collections::BTreeMap::new();
        for pair in glow_media::pair_live_photos(&probes) {
            if let Some(motion) = probed[pair.clip].take() {
                motions.insert(pair.still, motion);
            }
        }
        let unit = |(i, still): (usize, Option<Probed>)| {
            let still = still?;
            Some(match motions.remove(&i) {
                Some(motion) => Unit::Live { still, motion: Box::new(motion) },
                None => Unit::Single(still),
            })
        };
        ApiResult::Ok((probed.into_iter().enumerate().filter_map(unit).collect(), failures))
    })
    .await
}

pub(crate) fn probe(file: &CaptureFile) -> ApiResult<(Probe, u64)> {
    let mut reader = open(&file.path)?;
    let size = reader.metadata().map_err(IntoApi::into_api)?.len();
    let probe = glow_media::probe(&mut reader).map_err(IntoApi::into_api)?;
    let limit = if probe.kind == Kind::Clip { limits::FILE_BYTES } else { limits::PHOTO_BYTES };
    if size > limit {
        let message = format!("{} is larger than the {} MiB that are allowed", file.name, limit >> 20);
        return Err(ApiError::new(ErrorCode::FileTooLarge, message).with("limit_mib", limit >> 20));
    }
    Ok((probe, size))
}

fn open(path: &Path) -> ApiResult<File> {
    let file = File::open(path).map_err(IntoApi::into_api)?;
    if file.metadata().map_err(IntoApi::into_api)?.is_dir() {
        return Err(ApiError::new(ErrorCode::Unreadable, "this is a folder: add the files in it"));
    }
    Ok(file)
}

fn prepare(group: &Group, tools: &ExternalTools, scratch: &Path, unit: Unit) -> ApiResult<Prepared> {
    let (still, motion) = match unit {
        Unit::Single(single) => (single, None),
        Unit::Live { still, motion } => (still, Some(motion)),
    };
    let blanking = blank(&still)?;
    let media = identify(group, &still, &blanking)?;
    if let Some(id) = group.store.moment_by_media(media).map_err(IntoApi::into_api)? {
        return Ok(Prepared::AlreadyThere(id));
    }
    let mut sealing = Sealing::new(group);
    // One waits for the disk, the other for the processor. What a photo of a clock or a damaged one wrote goes again.
    let (previews, original) =
        beside(|| previews(&still, tools, scratch), || sealing.file(Part::Original, &still, &blanking));
    let mut previews = previews?;
    let mut body = describe(&still.file, &still.probe, media, motion.is_some());
    body.camera_body = clock::body(group, &still.probe);
    let code = previews.as_mut().and_then(|previews| previews.code.take());
    let reading = code.and_then(|code| clock::read(group, &still, &body, &code));
    if let Some(reading) = reading.clone()
        && !clock::posts_photos(group).map_err(IntoApi::into_api)?
    {
        return Ok(Prepared::Clock(reading));
    }
    require_captured_before_the_end(group, &body)?;
    let original = original?;
    let motion = motion.map(|motion| sealing.file(Part::Motion, &motion, &blank(&motion)?)).transpose()?;
    body.place = place(group, &still)?;
    if let Some(previews) = previews {
        body.placeholder = previews.placeholder.into();
        let (grid, screen) = sealing.both(previews.grid.bytes, previews.screen.bytes)?;
        (body.grid, body.screen) = (Some(grid), Some(screen));
    }
    // Both halves of a Live Photo go out, or neither.
    if sealing.local.needs_choice {
        sealing.hold_back();
    } else {
        body.original = Some(sealing.original(still.probe.format.media_type().to_owned(), original)?);
        body.motion = motion.map(|segments| sealing.original("video/quicktime".to_owned(), segments)).transpose()?;
    }
    Ok(Prepared::New { body: Box::new(body), local: sealing.finish(), reading })
}

/// After a group's end only what was captured before it can be added.
pub(crate) fn require_captured_before_the_end(group: &Group, moment: &Moment) -> ApiResult<()> {
    let membership = group.membership();
    let Some(ends_ms) = membership.genesis().map(|genesis| genesis.ends_ms).filter(|ends_ms| *ends_ms <= now_ms())
    else {
        return Ok(());
    };
    let shift_ms = clock::correction(group, moment).map_err(IntoApi::into_api)?;
    if moment.captured_ms.saturating_add_signed(shift_ms) <= ends_ms {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::GroupEnded, "the group has ended: only what was captured before its end can be added"))
}

pub(crate) fn blank(file: &Probed) -> ApiResult<Blanking> {
    glow_media::blank(&mut open(&file.file.path)?, file.probe.format).map_err(IntoApi::into_api)
}

/// The identity of a capture: keyed BLAKE3 of its blanked bytes.
pub(crate) fn identify(group: &Group, file: &Probed, blanking: &Blanking) -> ApiResult<MediaId> {
    let mut hasher = group.secrets().secret.media_hasher();
    each_segment(file, |offset, mut bytes| {
        blanking.apply(offset, &mut bytes);
        hasher.update(&bytes);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// Reads a file segment by segment and makes sure that it did not change meanwhile.
pub(crate) fn each_segment(file: &Probed, mut take: impl FnMut(u64, Vec<u8>) -> ApiResult<()>) -> ApiResult<()> {
    let mut reader = open(&file.file.path)?;
    reader.seek(SeekFrom::Start(0)).map_err(IntoApi::into_api)?;
    let mut offset = 0;
    loop {
        let mut bytes = Vec::new();
        reader.by_ref().take(limits::SEGMENT_BYTES).read_to_end(&mut bytes).map_err(IntoApi::into_api)?;
        if bytes.is_empty() {
            break;
        }
        let read = bytes.len() as u64;
        take(offset, bytes)?;
        offset += read;
    }
    if offset == file.size {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::DamagedFile, "the file changed while it was read: add it again when it is complete"))
}

pub(crate) fn previews(file: &Probed, tools: &ExternalTools, scratch: &Path) -> ApiResult<Option<Box<Previews>>> {
    match glow_media::preview(&file.file.path, &file.probe, tools, scratch).map_err(IntoApi::into_api)? {
        PreviewOutcome::Previews(previews) => Ok(Some(previews)),
        PreviewOutcome::Tile(TileReason::Undecodable) if file.probe.kind != Kind::Clip => {
            Err(ApiError::new(ErrorCode::DamagedFile, "the picture is damaged or cut short"))
        }
        PreviewOutcome::Tile(reason) => {
            tracing::info!(name = file.file.name, %reason, "no preview");
            Ok(None)
        }
    }
}

/// Where it was captured, when the owner of this device shares that in this group.
fn place(group: &Group, still: &Probed) -> ApiResult<Option<Place>> {
    let Some(found) = still.probe.place else { return Ok(None) };
    if !group.shares_location().map_err(IntoApi::into_api)? {
        return Ok(None);
    }
    let place = Place { latitude_e6: found.latitude_e6, longitude_e6: found.longitude_e6 };
    Ok(Some(place).filter(|place| place.is_on_earth()))
}
