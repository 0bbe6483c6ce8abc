//! From the start of the process to the first page of a long timeline.
//!
//! `cargo run --release -p tests --bin bench-cold-start -- [--moments N] [--json]`. A group is started by the real command,
//! then filled through glow-store with operations as its own device would author them, so that the node opens real data.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use glow_api::TimelineQuery;
use glow_model::{
    BlobId, BlobKey, BlobRef, Body, DeviceKeys, Draft, EpochSecret, GroupId, MediaId, Moment, MomentKind, Original,
    Plane, Sealer, Segments, limits,
};
use glow_store::{GroupStore, Incoming, LocalCapture};
use minicbor::Decode;
use tests::control::Control;
use tests::figures::{Figures, ms, option, quantile};
use tests::media::Random;
use tests::node::{Node, Place};

/// An author's sequence ends at 100,000, and some of it is the group's beginning.
const MOMENTS: u64 = limits::SEQUENCE - 1_000;
const BATCH: u64 = 2_000;
const PAGE: u32 = 200;
const RUNS: usize = 5;
const GOAL_MS: f64 = 1_000.0;
const GOAL_MIB: f64 = 150.0;
const STEP_MS: u64 = 700;

fn main() -> Result<()> {
    let figures = Figures::from_arguments();
    let moments = option("--moments").unwrap_or(MOMENTS).min(MOMENTS);
    let folder = tempfile::tempdir()?;
    let mut node = Node::new("alice", Place::Here, folder.path())?;
    let view = node.call(&["group", "create", "A long summer"])?;
    let group = view["id"].as_str().context("a group has an id")?.to_owned();
    let started = Instant::now();
    fill(&node.data_dir().join("groups").join(&group), moments)?;
    eprintln!("{moments} moments made in {:.1} s", started.elapsed().as_secs_f64());

    let (mut commands, mut nodes, mut memory) = (vec![], vec![], 0);
    for _ in 0..RUNS {
        commands.push(first_page_by_command(&node, moments)?);
        let (ready, bytes) = first_page_of_node(&mut node, &group, moments)?;
        nodes.push(ready);
        memory = memory.max(bytes);
    }
    commands.sort_unstable();
    nodes.sort_unstable();
    figures.print("a node starts and answers the first page", ms(quantile(&nodes, 0.5)), "ms", Some(GOAL_MS), None);
    figures.print(
        "a command starts and prints the first page",
        ms(quantile(&commands, 0.5)),
        "ms",
        Some(GOAL_MS),
        None,
    );
    figures.print("resident memory after it", memory as f64 / 1_048_576.0, "MiB", Some(GOAL_MIB), None);
    Ok(())
}

fn first_page_by_command(node: &Node, moments: u64) -> Result<Duration> {
    let start = Instant::now();
    let page = node.call(&["timeline", "--limit", &PAGE.to_string()])?;
    let took = start.elapsed();
    ensure!(page["total"].as_u64() == Some(moments), "the timeline has {} moments", page["total"]);
    Ok(took)
}

fn first_page_of_node(node: &mut Node, group: &str, moments: u64) -> Result<(Duration, u64)> {
    let start = Instant::now();
    node.start()?;
    let mut control = Control::connect(&node.data_dir())?;
    let query = TimelineQuery { group: group.to_owned(), cursor: None, limit: PAGE, filter: Default::default() };
    let page = control.call(query)?;
    let took = start.elapsed();
    ensure!(page["total"].as_u64() == Some(moments), "the timeline has {} moments", page["total"]);
    let (memory_bytes, _) = node.usage()?;
    node.stop()?;
    Ok((took, memory_bytes))
}

/// The keys of the device in the group, as the node keeps them.
#[derive(Decode)]
#[cbor(map)]
struct Secrets {
    #[n(0)]
    group: GroupId,
    #[cbor(n(1), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    sealing: [u8; 32],
    #[n(4)]
    epochs: Vec<EpochSecret>,
}

fn fill(folder: &Path, moments: u64) -> Result<()> {
    let secrets: Secrets = minicbor::decode(&fs::read(folder.join("secrets"))?).context("the secrets file")?;
    let keys = DeviceKeys::from_seeds(secrets.signing, secrets.sealing);
    let epoch = secrets.epochs.first().context("a group has an epoch")?;
    let key = epoch.payload_key(Plane::Content);
    let store = GroupStore::open(&folder.join("group.db"))?;
    let (last, mut head) = store.head(keys.id())?.context("its genesis is there")?;
    let start_ms =
        store.control_operations()?.iter().map(|operation| operation.header().time_ms).max().unwrap_or_default();
    let mut batch = vec![];
    for number in 0..moments {
        let body = Body::Moment(moment(number, start_ms));
        let draft = Draft {
            group: secrets.group,
            seq: last + 1 + number,
            backlink: Some(head),
            time_ms: start_ms + number,
            epoch: epoch.id,
        };
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let operation = draft.author(&body, &keys, Sealer { key: &key, nonce })?;
        head = operation.id();
        let local = LocalCapture { held: blobs(number).map(|blob| blob.id).to_vec(), ..LocalCapture::default() };
        batch.push(Incoming { operation, body: Some(body), received_ms: start_ms, own: true, local: Some(local) });
        if batch.len() as u64 == BATCH || number + 1 == moments {
            store.accept(std::mem::take(&mut batch), None)?;
        }
    }
    Ok(())
}

fn moment(number: u64, start_ms: u64) -> Moment {
    let [grid, screen, original] = blobs(number);
    let size = original.size;
    let original = Original { media_type: "image/jpeg".into(), size, segments: Segments::Inline(vec![original]) };
    Moment {
        kind: MomentKind::Photo,
        media: MediaId(name(number, 0)),
        media_type: "image/jpeg".into(),
        width: 4_032,
        height: 3_024,
        duration_ms: None,
        captured_ms: start_ms - number * STEP_MS,
        offset_min: Some(120),
        camera: Some("Maker Model 12".into()),
        file_name: format!("IMG_{number:07}.jpg"),
        placeholder: name(number, 4)[..25].to_vec().into(),
        grid: Some(grid),
        screen: Some(screen),
        original: Some(original),
        motion: None,
        place: None,
        camera_body: None,
    }
}

/// Grid preview, screen preview, original.
fn blobs(number: u64) -> [BlobRef; 3] {
    [(1, 20_000), (2, 250_000), (3, 3_500_000)].map(|(kind, size)| BlobRef {
        id: BlobId(name(number, kind)),
        key: BlobKey(name(number, kind)),
        size,
    })
}

/// Bytes that are spread as ids are.
fn name(number: u64, kind: u64) -> [u8; 32] {
    let mut random = Random::new(8 * number + kind);
    std::array::from_fn(|_| random.below(256) as u8)
}
