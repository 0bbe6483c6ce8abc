//! S4: a late joiner to an album of 10,000 moments: the first screen, all metadata, then the newest thousand photos.
//!
//! `lanbox run -- bench-s4 [--moments N] [--photos N] [--photo-kib N] [--runs N] [--json]`: two devices with 100 Mbit/s each.
//! One holds an album written before it started. Time begins when the other's `join` command starts. Metadata is operations
//! as authored, and grid previews of 10 KB. Photos weigh 300 KiB unless told; a whole one is ten times that.
//! Afterwards Syncthing brings the same bytes as files, where it is installed.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use glow_api::TimelineQuery;
use glow_blobs::BlobStore;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageBuffer, Rgb};
use lanbox::Lan;
use serde_json::Value;
use tests::control::Control;
use tests::figures::{Figures, option};
use tests::gathering::held;
use tests::long_album::{self, Parts};
use tests::media::Random;
use tests::node::{Node, Place};
use tests::poll;
use tests::syncthing::{self, Syncthing};

const MOMENTS: u64 = 10_000;
const PHOTOS: u64 = 1_000;
const PHOTO_KIB: u64 = 300;
const RUNS: u64 = 5;
const RATE_MBIT: f64 = 100.0;
const GRID_BYTES: usize = 10_000;
/// About what the operation of a photo weighs.
const OPERATION_BYTES: usize = 700;
/// Moments that a screen shows at once.
const SCREEN: u32 = 40;
const PAGE: u32 = 500;
/// What a full TCP segment takes on the wire, for each byte that it carries.
const WIRE: f64 = 1538.0 / 1448.0;
const FIRST_SCREEN_GOAL_S: f64 = 1.0;
/// Metadata may take so many times what its bytes take.
const METADATA_GOAL: f64 = 1.14;
const MEMORY_GOAL_MIB: f64 = 150.0;
const LOOK_EVERY: Duration = Duration::from_millis(10);
const WITHIN: Duration = Duration::from_secs(600);

/// What one run took.
struct Taken {
    joined: Duration,
    first_screen: Duration,
    operations: Duration,
    metadata: Duration,
    photos: Duration,
    memory_bytes: u64,
    /// What came to the joiner until it had all metadata.
    metadata_bytes: u64,
}

struct Size {
    moments: u64,
    photos: u64,
    photo_bytes: u64,
}

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let size = Size {
        moments: option("--moments").unwrap_or(MOMENTS),
        photos: option("--photos").unwrap_or(PHOTOS),
        photo_bytes: option("--photo-kib").unwrap_or(PHOTO_KIB) << 10,
    };
    let folder = tempfile::tempdir()?;
    let lan =
        Arc::new(Lan::builder().hosts(2).rate_up_mbit(RATE_MBIT).rate_down_mbit(RATE_MBIT).delay_ms(1.0).start()?);
    let mut alice = Node::new("alice", Place::Host(Arc::clone(&lan), 0), folder.path())?;
    let group =
        alice.call(&["group", "create", "A long summer"])?["id"].as_str().context("a group has an id")?.to_owned();
    write_album(&alice.data_dir().join("groups").join(&group), &size)?;
    alice.start()?;
    let invite = alice.call(&["group", "invite"])?;
    let link = invite["link"].as_str().context("an invite has a link")?;
    let runs = option("--runs").unwrap_or(RUNS);
    let taken = (0..runs)
        .map(|run| {
            let mut bob = Node::new(&format!("bob-{run}"), Place::Host(Arc::clone(&lan), 1), folder.path())?;
            bob.start()?;
            let taken = join(&bob, &group, link, &size, &lan)?;
            bob.stop()?;
            Ok(taken)
        })
        .collect::<Result<Vec<_>>>()?;
    report(&taken, &size);
    alice.stop()?;
    let others = (0..runs)
        .map(|run| through_syncthing(&lan, &folder.path().join(format!("others-{run}")), &size))
        .collect::<Result<Vec<_>>>();
    match others {
        Ok(times) => report_syncthing(&times, &size),
        Err(error) => eprintln!("{}: {error:#}", syncthing::NAME),
    }
    Ok(())
}

fn write_album(folder: &Path, size: &Size) -> Result<()> {
    let started = Instant::now();
    let blobs = BlobStore::open(&folder.join("blobs"))?;
    let picture = ImageBuffer::from_fn(320, 240, |x, y| Rgb([(x / 2) as u8, (y / 2) as u8, ((x ^ y) & 0xff) as u8]));
    let mut jpeg = vec![];
    JpegEncoder::new_with_quality(&mut jpeg, 40).encode_image(&picture)?;
    ensure!(jpeg.len() < GRID_BYTES, "the preview alone takes {} bytes", jpeg.len());
    let mut random = Random::new(4);
    let mut noise = move |bytes: usize| (0..bytes).map(|_| random.below(256) as u8).collect::<Vec<_>>();
    long_album::fill(folder, size.moments, |number, secret| {
        let grid = blobs.import(secret, padded(&jpeg, &noise(GRID_BYTES - jpeg.len() - 4)))?;
        let original = (number < size.photos).then(|| blobs.import(secret, noise(size.photo_bytes as usize)));
        Ok(Parts { grid: Some(grid), screen: None, original: original.transpose()? })
    })?;
    eprintln!("{} moments made in {:.1} s", size.moments, started.elapsed().as_secs_f64());
    Ok(())
}

/// The same bytes as files in a folder that Syncthing shares: from the start of the second device until it has them all.
fn through_syncthing(lan: &Arc<Lan>, folder: &Path, size: &Size) -> Result<Duration> {
    let mut devices = Syncthing::new(lan, folder)?;
    let mut random = Random::new(4);
    let mut noise = move |bytes: usize| (0..bytes).map(|_| random.below(256) as u8).collect::<Vec<_>>();
    for (name, count, bytes) in
        [("preview", size.moments, GRID_BYTES), ("photo", size.photos, size.photo_bytes as usize)]
    {
        for number in 0..count {
            std::fs::write(devices.shared(0).join(format!("{name}-{number:05}.jpg")), noise(bytes))?;
        }
    }
    devices.start(0)?;
    let files = size.moments + size.photos;
    devices.until_indexed(0, files)?;
    let start = Instant::now();
    devices.start(1)?;
    devices.until_holds(1, "p", files as usize, WITHIN)?;
    Ok(start.elapsed())
}

fn report_syncthing(times: &[Duration], size: &Size) {
    let times = times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>();
    let name = format!("{}: previews and photos as files", syncthing::NAME);
    let bound = Some(("bytes over rate", photos_bound_s(size)));
    Figures::from_arguments().print_peer(&name, &times, "s", bound);
}

/// A JPEG with a comment (ITU T.81, B.2.4.5), so that no two are the same blob.
fn padded(jpeg: &[u8], comment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xff, 0xfe], &length, comment, rest].concat()
}

fn join(bob: &Node, group: &str, link: &str, size: &Size, lan: &Lan) -> Result<Taken> {
    let done = AtomicBool::new(false);
    let before = lan.stats()?.hosts[1].received_bytes;
    let start = Instant::now();
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| most_bytes(bob, &done));
        let joining = scope.spawn(|| bob.call(&["join", link]).map(|_| start.elapsed()));
        let mut control = Control::connect(&bob.data_dir())?;
        let mut until = |what: &str, count: u64, part: &'static str| -> Result<Duration> {
            let mut cursor = None;
            let mut complete = 0;
            while complete < count {
                let limit = u32::try_from(count - complete).unwrap_or(PAGE).min(PAGE);
                let page = poll_page(&mut control, what, (group, cursor.clone(), limit), part)?;
                complete += u64::from(limit);
                cursor = page["next"].as_str().map(str::to_owned);
            }
            Ok(start.elapsed())
        };
        let first_screen = until("a screen of previews", SCREEN.into(), "grid")?;
        let operations = scope.spawn(|| until_all(bob, group, size.moments).map(|()| start.elapsed()));
        let metadata = until("all previews", size.moments, "grid")?;
        let operations = operations.join().map_err(|_| anyhow!("counting panicked"))??;
        let metadata_bytes = lan.stats()?.hosts[1].received_bytes - before;
        let photos = until("all photos", size.photos, "original")?;
        done.store(true, Ordering::Relaxed);
        let joined = joining.join().map_err(|_| anyhow!("joining panicked"))??;
        let memory_bytes = memory.join().map_err(|_| anyhow!("the watcher panicked"))?;
        Ok(Taken { joined, first_screen, operations, metadata, photos, memory_bytes, metadata_bytes })
    })
}

/// Waits until the timeline has all moments, whatever is there of their pictures.
fn until_all(node: &Node, group: &str, moments: u64) -> Result<()> {
    let mut control = Control::connect(&node.data_dir())?;
    poll::until_true("all operations", WITHIN, || {
        let query = TimelineQuery { group: group.to_owned(), cursor: None, limit: 1, filter: Default::default() };
        Ok(control.call(query)?["total"].as_u64() == Some(moments))
    })?;
    Ok(())
}

/// Waits until a page is full and all on it hold a part.
fn poll_page(
    control: &mut Control,
    what: &str,
    (group, cursor, limit): (&str, Option<String>, u32),
    part: &'static str,
) -> Result<Value> {
    poll::until(what, WITHIN, || {
        let query =
            TimelineQuery { group: group.to_owned(), cursor: cursor.clone(), limit, filter: Default::default() };
        // Before it has joined there is no such group.
        let page = control.call(query).ok();
        Ok(page.filter(|page| held(page, part).count() == limit as usize))
    })
}

fn most_bytes(node: &Node, done: &AtomicBool) -> u64 {
    let mut most = 0;
    while !done.load(Ordering::Relaxed) {
        most = most.max(node.usage().map_or(0, |(bytes, _)| bytes));
        std::thread::sleep(LOOK_EVERY);
    }
    most
}

/// What the bytes of operations and grid previews take on the line.
fn metadata_bound_s(size: &Size) -> f64 {
    seconds((size.moments as usize * (GRID_BYTES + OPERATION_BYTES)) as f64)
}

/// What those and the photos take.
fn photos_bound_s(size: &Size) -> f64 {
    metadata_bound_s(size) + seconds((size.photos * size.photo_bytes) as f64)
}

fn seconds(bytes: f64) -> f64 {
    bytes * 8.0 * WIRE / (RATE_MBIT * 1e6)
}

fn report(taken: &[Taken], size: &Size) {
    let figures = Figures::from_arguments();
    let of = |part: fn(&Taken) -> Duration| taken.iter().map(|taken| part(taken).as_secs_f64()).collect::<Vec<_>>();
    let bytes = taken.iter().map(|taken| taken.metadata_bytes).min().unwrap_or_default();
    let bound_s = metadata_bound_s(size);
    let bound = Some(("bytes over rate", bound_s));
    let goal_s = bound_s * METADATA_GOAL;
    figures.print_runs("joined", &of(|taken| taken.joined), "s", None, None);
    figures.print_runs("first screen", &of(|taken| taken.first_screen), "s", Some(FIRST_SCREEN_GOAL_S), None);
    figures.print_runs("all operations", &of(|taken| taken.operations), "s", None, None);
    let metadata = of(|taken| taken.metadata);
    figures.print_runs("all operations and grid previews", &metadata, "s", Some(goal_s), bound);
    figures.print("came by then", bytes as f64 / 1e6, "MB", None, Some(("without proofs", bound_s * RATE_MBIT / 8.0)));
    let all = Some(("bytes over rate", photos_bound_s(size)));
    figures.print_runs("and the newest photos", &of(|taken| taken.photos), "s", None, all);
    let memory = taken.iter().map(|taken| taken.memory_bytes).max().unwrap_or_default();
    figures.print("resident memory of the joiner", memory as f64 / 1_048_576.0, "MiB", Some(MEMORY_GOAL_MIB), None);
}
