//! Carrying what cannot be read: a carrier (blind box) stores and serves sealed operations and sealed blobs.
//!
//! Which blobs an operation names stands in its sealed payload. So a carrier asks members that are connected what the operations
//! that it has stored name ([`glow_sync::Request::Cargo`]), and fetches those as everybody does. It is told ids and sizes, never
//! keys. A member can lie to it only by naming too much, which the quota bounds, or too little, which the next one makes good:
//! until somebody has said that an operation names nothing more, it is asked again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use glow_model::{BlobRef, Body, DeviceId, OperationId, Original, Segments, limits};
use glow_store::{Part, StoreError, Tier};
use glow_sync::{
    Frame, Request,
    wire::{CARGO_PER_FRAME, CARGO_PER_REQUEST, Cargo, CargoBlob, Lane},
};

use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{accept, fetch::FetchInput, seal},
};

/// What nobody near could tell wholly is asked again after this long.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Blobs that one operation names, at most: previews, and two files of the most segments with their manifests.
const NAMED: usize = 2 * limits::SEGMENTS + 4;

/// The part of a carrier that finds out what to fetch. Runs until the group is closed.
pub(crate) async fn run(group: Arc<Group>) {
    let (mut passed, mut taken_back) = (0, None);
    loop {
        match ask_all(&group, passed).await {
            // Those that nobody here knows wholly must not keep the others from being asked for.
            Ok(Asked { left, more: true }) => passed += left,
            Ok(Asked { left: 0, .. }) if passed == 0 => group.cargo.notified().await,
            Ok(_) => {
                passed = 0;
                let _ = tokio::time::timeout(ASK_AGAIN, group.cargo.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "cargo");
                group.cargo.notified().await;
            }
        }
        let this = group.clone();
        let retractions = blocking(move || this.store.retractions()).await.map(|all| all.len()).ok();
        if taken_back != retractions {
            taken_back = retractions;
            seal::sweep_unused(&group).await;
        }
    }
}

/// What came of asking for one batch.
struct Asked {
    /// Operations of which it is not known wholly what they name.
    left: usize,
    /// Whether the batch was a full one.
    more: bool,
}

async fn ask_all(group: &Arc<Group>, passed: usize) -> ApiResult<Asked> {
    let untold = untold(group, passed).await?;
    let mut left: BTreeSet<OperationId> = untold.iter().copied().collect();
    let readers = group.links().into_iter().filter(|device| group.membership().is_reader(*device));
    for device in readers {
        if left.is_empty() {
            break;
        }
        let ids = untold.iter().filter(|id| left.contains(id)).copied().collect();
        for told in ask(group, device, ids).await? {
            left.remove(&told);
        }
        group.tell_fetch(FetchInput::Refresh).await;
    }
    Ok(Asked { left: left.len(), more: untold.len() == CARGO_PER_REQUEST })
}

async fn untold(group: &Arc<Group>, passed: usize) -> ApiResult<Vec<OperationId>> {
    let this = group.clone();
    blocking(move || this.store.cargo_untold(passed, CARGO_PER_REQUEST)).await
}

/// Asks one member, and stores what it says. Answers the operations of which that is all.
async fn ask(group: &Arc<Group>, device: DeviceId, ids: Vec<OperationId>) -> ApiResult<Vec<OperationId>> {
    let Some(net) = group.net() else { return Ok(Vec::new()) };
    let asked: BTreeSet<OperationId> = ids.iter().copied().collect();
    let Ok(mut answers) = net.request(device, Request::Cargo { ids }).await else { return Ok(Vec::new()) };
    let (mut told, mut named) = (Vec::new(), 0);
    while let Some(Ok(Frame::Cargo(cargo))) = answers.next().await {
        named += cargo.iter().map(|cargo| cargo.blobs.len()).sum::<usize>();
        let fits = |blob: &CargoBlob| blob.size <= limits::SEGMENT_BYTES;
        let is_honest = named <= NAMED * asked.len()
            && cargo.iter().all(|cargo| asked.contains(&cargo.operation) && cargo.blobs.iter().all(fits));
        if !is_honest {
            tracing::warn!(?device, "says that operations name what they cannot");
            break;
        }
        told.extend(cargo.iter().filter(|cargo| cargo.whole).map(|cargo| cargo.operation));
        let this = group.clone();
        blocking(move || {
            for Cargo { operation, blobs, whole } in cargo {
                let blobs: Vec<_> = blobs.iter().map(|one| (one.blob, one.size, tier(one.lane))).collect();
                this.store.note_cargo(operation, &blobs, whole)?;
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    }
    Ok(told)
}

/// What operations name, as frames for a carrier; nothing at a carrier.
pub(crate) async fn named(group: &Arc<Group>, ids: Vec<OperationId>) -> ApiResult<Vec<Frame>> {
    if !group.can_read() {
        return Ok(Vec::new());
    }
    let this = group.clone();
    let cargo = blocking(move || {
        let mut all = Vec::new();
        for id in ids {
            all.extend(named_by(&this, id)?);
        }
        ApiResult::Ok(all)
    })
    .await?;
    Ok(frames(cargo))
}

fn frames(cargo: impl IntoIterator<Item = Cargo>) -> Vec<Frame> {
    let mut frames: Vec<Vec<Cargo>> = Vec::new();
    let mut room = 0;
    for Cargo { operation, blobs, whole } in cargo {
        let mut chunks: Vec<&[CargoBlob]> = blobs.chunks(CARGO_PER_FRAME).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let last = chunks.len() - 1;
        for (at, chunk) in chunks.into_iter().enumerate() {
            let part = Cargo { operation, blobs: chunk.to_vec(), whole: whole && at == last };
            // An operation without blobs takes room, too.
            let takes = chunk.len() + 1;
            match frames.last_mut().filter(|_| takes <= room) {
                Some(frame) => {
                    room -= takes;
                    frame.push(part);
                }
                None => {
                    room = (CARGO_PER_FRAME + 1).saturating_sub(takes);
                    frames.push(vec![part]);
                }
            }
        }
    }
    frames.into_iter().map(Frame::Cargo).collect()
}

/// What one operation names; nothing where it is not here or is not to be opened here.
fn named_by(group: &Group, id: OperationId) -> ApiResult<Option<Cargo>> {
    let Some(operation) = group.store.operations(&[id]).map_err(IntoApi::into_api)?.pop() else { return Ok(None) };
    let Ok(Some(body)) = accept::open(&group.secrets(), &operation) else { return Ok(None) };
    let mut found = Found { group, moment: id, blobs: Vec::new(), whole: true };
    match &body {
        Body::Moment(moment) => found.moment(moment)?,
        Body::ClipOpen(open) => found.moment(&open.moment)?,
        Body::GuestPost(post) => {
            if let Some(moment) = &post.moment {
                found.moment(moment)?;
            }
        }
        Body::OriginalAdded(added) => {
            found.moment = added.moment;
            found.original(Part::Original, Some(&added.original))?;
        }
        Body::ClipClose(close) => {
            found.moment = close.clip;
            found.original(Part::Original, Some(&close.original))?;
        }
        Body::Genesis(_)
        | Body::Profile(_)
        | Body::InviteGrant(_)
        | Body::InviteClose(_)
        | Body::Admit(_)
        | Body::Retract(_)
        | Body::Caption(_)
        | Body::Reaction(_)
        | Body::GuestVerdict(_)
        | Body::CameraClock(_)
        | Body::Hold(_) => {}
        // What a newer version names is known to newer versions.
        Body::Unknown(..) => found.whole = false,
    }
    Ok(Some(Cargo { operation: id, blobs: found.blobs, whole: found.whole }))
}

struct Found<'a> {
    group: &'a Group,
    moment: OperationId,
    blobs: Vec<CargoBlob>,
    whole: bool,
}

impl Found<'_> {
    fn moment(&mut self, moment: &glow_model::Moment) -> ApiResult<()> {
        self.add(moment.grid.iter(), Lane::Now);
        self.add(moment.screen.iter(), Lane::Soon);
        self.original(Part::Original, moment.original.as_ref())?;
        self.original(Part::Motion, moment.motion.as_ref())
    }

    fn original(&mut self, part: Part, original: Option<&Original>) -> ApiResult<()> {
        match original.map(|original| &original.segments) {
            None => {}
            Some(Segments::Inline(segments)) => self.add(segments.iter(), Lane::Bulk),
            Some(Segments::Manifest(manifest)) => {
                self.add([manifest].into_iter(), Lane::Soon);
                let segments = self.group.store.segments(self.moment, part).map_err(IntoApi::into_api)?;
                self.whole &= !segments.is_empty();
                self.add(segments.iter(), Lane::Bulk);
            }
        }
        Ok(())
    }

    fn add<'b>(&mut self, blobs: impl Iterator<Item = &'b BlobRef>, lane: Lane) {
        self.blobs.extend(blobs.map(|blob| CargoBlob { blob: blob.id, size: blob.size, lane }));
    }
}

fn tier(lane: Lane) -> Tier {
    match lane {
        Lane::Now => Tier::Grid,
        Lane::Soon => Tier::Screen,
        Lane::Bulk => Tier::Original,
    }
}
