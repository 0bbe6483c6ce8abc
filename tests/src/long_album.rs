//! A group with a long past: operations as its own device would author them, written through glow-store while no node runs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use glow_model::{
    BlobId, BlobRef, Body, DeviceKeys, Draft, EpochSecret, GroupId, GroupSecret, MediaId, Moment, MomentKind, Original,
    Plane, Sealer, Segments,
};
use glow_store::{GroupStore, Incoming, LocalCapture};
use minicbor::Decode;

use crate::media::Random;

const BATCH: u64 = 2_000;
const STEP_MS: u64 = 700;

/// The blobs of one moment; those that are there are held by its author.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Grid preview.
    pub grid: Option<BlobRef>,
    /// Screen preview.
    pub screen: Option<BlobRef>,
    /// Original, in one segment.
    pub original: Option<BlobRef>,
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
    #[n(3)]
    secret: GroupSecret,
    #[n(4)]
    epochs: Vec<EpochSecret>,
}

/// Adds moments to the group in this folder, numbered from the newest on. `parts` gives the blobs of each.
///
/// # Errors
/// The folder holds no group, or cannot be written.
pub fn fill(folder: &Path, moments: u64, mut parts: impl FnMut(u64, &GroupSecret) -> Result<Parts>) -> Result<()> {
    let secrets: Secrets = minicbor::decode(&fs::read(folder.join("secrets"))?).context("the secrets file")?;
    let keys = DeviceKeys::from_seeds(secrets.signing, secrets.sealing);
    let epoch = secrets.epochs.first().context("a group has an epoch")?;
    let key = epoch.payload_key(Plane::Content).context("the device can read")?;
    let store = GroupStore::open(&folder.join("group.db"))?;
    let (last, mut head) = store.head(keys.id())?.context("its genesis is there")?;
    let start_ms =
        store.control_operations()?.iter().map(|operation| operation.header().time_ms).max().unwrap_or_default();
    let mut batch = vec![];
    for at in 0..moments {
        // The newest is number 0, and was authored last.
        let number = moments - 1 - at;
        let parts = parts(number, &secrets.secret)?;
        let held: Vec<BlobId> =
            [&parts.grid, &parts.screen, &parts.original].into_iter().flatten().map(|blob| blob.id).collect();
        let body = Body::Moment(moment(number, start_ms, parts));
        let draft = Draft {
            group: secrets.group,
            seq: last + 1 + at,
            backlink: Some(head),
            time_ms: start_ms + at,
            epoch: epoch.id,
        };
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let operation = draft.author(&body, &keys, Sealer { key: &key, nonce })?;
        head = operation.id();
        let local = LocalCapture { held, ..LocalCapture::default() };
        batch.push(Incoming { operation, body: Some(body), received_ms: start_ms, own: true, local: Some(local) });
        if batch.len() as u64 == BATCH || number == 0 {
            store.accept(std::mem::take(&mut batch), None)?;
        }
    }
    Ok(())
}

fn moment(number: u64, start_ms: u64, parts: Parts) -> Moment {
    let original = parts.original.map(|original| Original {
        media_type: "image/jpeg".into(),
        size: original.size,
        segments: Segments::Inline(vec![original]),
    });
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
        grid: parts.grid,
        screen: parts.screen,
        original,
        motion: None,
        place: None,
        camera_body: None,
    }
}

/// Bytes that are spread as ids are.
#[must_use]
pub fn name(number: u64, kind: u64) -> [u8; 32] {
    let mut random = Random::new(8 * number + kind);
    std::array::from_fn(|_| random.below(256) as u8)
}
