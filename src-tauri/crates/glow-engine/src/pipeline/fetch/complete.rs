//! Blobs that are complete: noted together, told to others, and to whoever looks.

use std::{collections::BTreeSet, sync::Arc};

use glow_model::{BlobId, OperationId};
use glow_store::{BlobWant, Tier};

use super::{FetchInput, Fetcher, manifest::read_manifest, wishes::missing};
use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::announce::News,
};

/// With so much missing this device catches up: nobody waits for word of each of its previews.
const RUSH: usize = 200;

impl Fetcher {
    /// Notes all that is complete, in one transaction, and tells of it.
    pub(super) async fn finish(&mut self) {
        let mut done = Vec::new();
        for blob in std::mem::take(&mut self.finished) {
            self.picker.drop_want(blob);
            done.extend(self.purposes.remove(&blob));
        }
        if done.is_empty() {
            return;
        }
        let is_grid = done.iter().any(|want| want.tier == Tier::Grid);
        let is_manifest = done.iter().any(|want| want.tier == Tier::Manifest);
        let group = self.group.clone();
        let noted = blocking(move || note_held(&group, done)).await;
        match noted {
            Ok(Noted { moments, held, carried, is_all }) => {
                // What a disk has lost meanwhile is found missing when the store is asked again.
                self.more |= !is_all;
                self.group.states.wake();
                self.group.bus.media_changed(self.group.id, &moments);
                let is_rush = self.picker.len() >= RUSH;
                for want in held.iter().filter(|want| !is_rush || want.tier != Tier::Grid) {
                    let blob = want.blob.id;
                    let is_kept = self.group.can_read() && !carried.contains(&blob);
                    // Full: whoever asks is told.
                    let _ = self.news.try_send(if is_kept { News::Whole(blob) } else { News::Carried(blob) });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "complete blobs");
                // They are found complete when the store is asked again.
                self.more = true;
            }
        }
        if is_grid {
            self.group.looks.notify_one();
        }
        self.more |= is_manifest;
        if self.picker.is_empty() && !self.more {
            self.group.bus.send(glow_api::Event::GroupsChanged);
        }
    }
}

/// What was noted as complete.
struct Noted {
    /// The moments that name it.
    moments: Vec<OperationId>,
    held: Vec<BlobWant>,
    /// What of it is here for others only.
    carried: BTreeSet<BlobId>,
    /// Whether all was on the disk.
    is_all: bool,
}

/// Notes that blobs are complete: those that are on the disk, manifests after they were read.
fn note_held(group: &Group, done: Vec<BlobWant>) -> ApiResult<Noted> {
    let _keeping = group.keeping();
    let (done, lost): (Vec<_>, Vec<_>) = done.into_iter().partition(|want| missing(&group.blobs, &want.blob) == 0);
    let is_right = |want: &BlobWant| {
        if want.tier != Tier::Manifest {
            return true;
        }
        let read = read_manifest(group, want);
        read.inspect_err(|error| tracing::warn!(blob = ?want.blob.id, %error, "manifest")).is_ok()
    };
    let noted: Vec<BlobWant> = done.into_iter().filter(is_right).collect();
    let blobs: Vec<BlobId> = noted.iter().map(|want| want.blob.id).collect();
    let moments = group.store.blobs_held(&blobs, true).map_err(IntoApi::into_api)?;
    let carried = group.store.carried_of(&blobs).map_err(IntoApi::into_api)?;
    Ok(Noted { moments, held: noted, carried, is_all: lost.is_empty() })
}

/// Notes a blob that a bundle completed, as if it had been fetched: whoever is asked for it has it from now on.
pub(crate) async fn carried(group: &Arc<Group>, blob: BlobId) -> ApiResult<()> {
    let this = group.clone();
    let (moments, is_grid) = blocking(move || {
        let _keeping = this.keeping();
        if !this.blobs.is_complete(blob) {
            return Ok((Vec::new(), false));
        }
        let wants = this.store.wants_of(blob).map_err(IntoApi::into_api)?;
        for want in wants.iter().filter(|want| want.tier == Tier::Manifest) {
            read_manifest(&this, want)?;
        }
        let moments = this.store.blob_held(blob, true).map_err(IntoApi::into_api)?;
        ApiResult::Ok((moments, wants.iter().any(|want| want.tier == Tier::Grid)))
    })
    .await?;
    group.bus.media_changed(group.id, &moments);
    if is_grid {
        group.looks.notify_one();
    }
    group.arrived();
    group.states.wake();
    group.tell_fetch(FetchInput::Completed(blob)).await;
    Ok(())
}
