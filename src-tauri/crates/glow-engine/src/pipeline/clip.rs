//! Records of clips that are being recorded: passed on as they are made, asked for where some are missing.
//!
//! A record goes from its author to every connected member, and from each that did not have it to those it is connected to:
//! one hop a member, and no bytes of the clip with it. Whoever sees a gap, or a clip it does not know, asks the one who sent
//! the record; each connection and each repair asks for what is missing of every clip that is not closed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use glow_model::{DeviceId, Fragment, OperationId, Plane, VerifiedFragment};
use glow_store::{BlobWant, ClipRow, IncomingFragment, Part, Tier};
use glow_sync::{Frame, Request, wire::FRAGMENTS_PER_FRAME};

use crate::{
    clock::now_ms,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{
        fetch::{FetchInput, Played},
        reconcile::{self, RepairError},
    },
};

/// Clips of which missing records are asked for at once.
const CLIPS: usize = 64;
/// How long a clip counts as being recorded after its last fragment. It only decides what a screen calls it.
pub(crate) const RECORDING_MS: u64 = 10_000;
/// How often it is looked whether a recording fell silent.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether a clip that nobody closed is being recorded, as far as this device has heard.
pub(crate) fn is_recording(heard_ms: u64) -> bool {
    now_ms().saturating_sub(heard_ms) < RECORDING_MS
}

/// Takes in records that a member sent as they were made, and passes on those that are new.
pub(crate) async fn pushed(group: &Arc<Group>, from: DeviceId, records: Vec<Vec<u8>>) -> ApiResult<()> {
    let read: Vec<VerifiedFragment> = records.iter().filter_map(|bytes| read(bytes)).collect();
    for clip in read.iter().map(|record| record.position().clip).collect::<BTreeSet<_>>() {
        let of_clip: Vec<_> = read.iter().filter(|record| record.position().clip == clip).cloned().collect();
        if find(group, clip).await?.is_none() {
            group.tasks.spawn(catch_up(group.clone(), from, clip));
            continue;
        }
        let first = of_clip.iter().map(|record| record.position().index).min().unwrap_or(0);
        let fresh = take(group, of_clip).await?;
        if find(group, clip).await?.is_some_and(|known| known.unclosed && known.fragments <= first) {
            group.tasks.spawn(catch_up(group.clone(), from, clip));
        }
        spread(group, &fresh, Some(from));
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Option<VerifiedFragment> {
    Fragment::decode(bytes).and_then(Fragment::verify).ok()
}

async fn find(group: &Arc<Group>, clip: OperationId) -> ApiResult<Option<ClipRow>> {
    let this = group.clone();
    blocking(move || this.store.clip(clip)).await
}

/// Stores records of one clip and has their bytes fetched. Answers those that were not here.
async fn take(group: &Arc<Group>, records: Vec<VerifiedFragment>) -> ApiResult<Vec<VerifiedFragment>> {
    let this = group.clone();
    let (fresh, played) = blocking(move || {
        let secrets = this.secrets();
        let open = |record: VerifiedFragment| {
            let key = secrets.epoch(record.epoch())?.payload_key(Plane::Content)?;
            let body = record.open(&key).ok()?;
            Some(IncomingFragment { record, body, received_ms: now_ms(), own: false })
        };
        let incoming: Vec<IncomingFragment> = records.into_iter().filter_map(open).collect();
        let stored = this.store.add_fragments(&incoming).map_err(IntoApi::into_api)?;
        let fresh: Vec<_> =
            incoming.into_iter().zip(stored).filter(|(_, stored)| *stored).map(|(one, _)| one).collect();
        let holdings: Vec<_> = fresh.iter().map(|one| (one.body.blob.id, one.record.author(), true)).collect();
        this.store.holders(&holdings).map_err(IntoApi::into_api)?;
        let played = fresh.iter().map(played).collect::<Vec<_>>();
        ApiResult::Ok((fresh.into_iter().map(|one| one.record).collect::<Vec<_>>(), played))
    })
    .await?;
    if let Some(first) = fresh.first() {
        group.tell_fetch(FetchInput::Play(played)).await;
        group.arrived();
        group.bus.media_changed(group.id, &[first.position().clip]);
    }
    Ok(fresh)
}

fn played(fragment: &IncomingFragment) -> Played {
    let at = fragment.record.position();
    let want = BlobWant {
        blob: fragment.body.blob.clone(),
        moment: at.clip,
        part: Part::Original,
        tier: Tier::Original,
        sort_ms: fragment.received_ms,
        author: fragment.record.author(),
    };
    Played { want, place: at.index, from_piece: 0, holder: Some(fragment.record.author()) }
}

/// Sends records to every connected member but the one they came from and their author.
pub(crate) fn spread(group: &Arc<Group>, records: &[VerifiedFragment], from: Option<DeviceId>) {
    let Some(author) = records.first().map(VerifiedFragment::author) else { return };
    for device in group.links().into_iter().filter(|device| *device != author && Some(*device) != from) {
        let records = records.iter().map(|record| record.encode().into()).collect();
        let this = group.clone();
        group.tasks.spawn(async move {
            let Some(net) = this.net() else { return };
            match net.request(device, Request::PushFragments { records }).await {
                Ok(mut answers) => drop(answers.next().await),
                Err(error) => tracing::debug!(?device, %error, "fragments"),
            }
        });
    }
}

/// The records of a clip from an index on, as frames.
pub(crate) async fn records(group: &Arc<Group>, clip: OperationId, from: u32) -> ApiResult<Vec<Frame>> {
    let this = group.clone();
    let rows = blocking(move || this.store.fragments(clip, from, glow_model::limits::SEGMENTS)).await?;
    let frame =
        |rows: &[glow_store::FragmentRow]| Frame::Fragments(rows.iter().map(|row| row.record.clone().into()).collect());
    Ok(rows.chunks(FRAGMENTS_PER_FRAME).map(frame).collect())
}

/// Asks a member for what is missing of every clip that is not closed.
pub(crate) async fn repair(group: &Arc<Group>, device: DeviceId) -> Result<(), RepairError> {
    let this = group.clone();
    let clips = blocking(move || this.store.unclosed_clips()).await?;
    for clip in clips.into_iter().filter(|clip| !clip.own).take(CLIPS) {
        ask(group, device, clip.id, clip.fragments).await?;
    }
    Ok(())
}

/// Takes in records that came in a bundle.
pub(crate) async fn carried(group: &Arc<Group>, records: &[Vec<u8>]) -> ApiResult<()> {
    let mut by_clip: BTreeMap<OperationId, Vec<VerifiedFragment>> = BTreeMap::new();
    for record in records.iter().filter_map(|bytes| read(bytes)) {
        by_clip.entry(record.position().clip).or_default().push(record);
    }
    for (clip, records) in by_clip {
        if find(group, clip).await?.is_some() {
            take(group, records).await?;
        }
    }
    Ok(())
}

/// Learns of a clip, or of the fragments of it that are missing, from one who has them. One at a time for a clip.
async fn catch_up(group: Arc<Group>, device: DeviceId, clip: OperationId) {
    let lock = |group: &Group, add: bool| {
        let mut clips = group.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        if add { clips.len() < CLIPS && clips.insert(clip) } else { clips.remove(&clip) }
    };
    if !lock(&group, true) {
        return;
    }
    let caught_up = tokio::select! {
        () = group.stop.cancelled() => Ok(()),
        caught_up = learn(&group, device, clip) => caught_up,
    };
    lock(&group, false);
    if let Err(error) = caught_up {
        tracing::debug!(?device, %error, "clip");
    }
}

async fn learn(group: &Arc<Group>, device: DeviceId, clip: OperationId) -> Result<(), RepairError> {
    if find(group, clip).await?.is_none() {
        reconcile::fetch_operations(group, device, vec![clip]).await?;
    }
    let Some(known) = find(group, clip).await? else { return Ok(()) };
    ask(group, device, clip, known.fragments).await
}

async fn ask(group: &Arc<Group>, device: DeviceId, clip: OperationId, from: u32) -> Result<(), RepairError> {
    let net = group.net().ok_or(RepairError::NoNetwork)?;
    let mut answers = net.request(device, Request::Fragments { clip, from }).await?;
    let mut left = glow_model::limits::SEGMENTS;
    while let Some(frame) = answers.next().await {
        let Frame::Fragments(records) = frame? else {
            return Err(RepairError::Protocol);
        };
        left = left.checked_sub(records.len()).ok_or(RepairError::Protocol)?;
        let read: Vec<_> = records.iter().filter_map(|bytes| read(bytes)).collect();
        if records.len() > FRAGMENTS_PER_FRAME || read.iter().any(|record| record.position().clip != clip) {
            return Err(RepairError::Protocol);
        }
        take(group, read).await?;
    }
    Ok(())
}

/// Tells screens when a recording falls silent: nothing else would.
pub(crate) async fn watch_over(group: Arc<Group>) {
    let mut recording = BTreeSet::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let this = group.clone();
        let Ok(clips) = blocking(move || this.store.unclosed_clips()).await else { continue };
        let now: BTreeSet<OperationId> =
            clips.iter().filter(|clip| is_recording(clip.heard_ms)).map(|clip| clip.id).collect();
        let fell_silent: Vec<OperationId> = recording.difference(&now).copied().collect();
        group.bus.media_changed(group.id, &fell_silent);
        recording = now;
    }
}
