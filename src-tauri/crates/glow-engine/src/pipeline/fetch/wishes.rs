//! What is wanted: read from the store, as the owner of this device wishes and the disk has room.

use std::{collections::BTreeSet, time::Instant};

use glow_blobs::{BlobError, BlobStore};
use glow_model::{BlobId, BlobRef, DeviceId};
use glow_store::{StoreError, Tier, WantFilter};
use glow_sync::{
    picker::{self, Want},
    wire::{Extent, IDS_PER_REQUEST},
};

use super::{DISK_CHECK, Fetcher, QUOTA_CHECK, WINDOW, ask_bitfields, manifest::adopt_manifest};
use crate::{clock::elapsed_ms, error::blocking, pipeline::policy};

/// So many originals at once are not of this moment: it is asked who has them.
const MANY: usize = 4;

impl Fetcher {
    /// Reads what is missing from the store, newest and smallest first.
    pub(super) async fn refresh(&mut self) {
        let group = self.group.clone();
        (self.is_stale, self.refreshed) = (false, Some(Instant::now()));
        let known: BTreeSet<BlobId> = self.picker.wanted().map(|(blob, _)| blob).collect();
        let disk_low = self.disk_low;
        let wants = blocking(move || {
            let mut wants = policy::wants(&group, WINDOW)?;
            let more = wants.len() == WINDOW;
            let reached = wants.last().map_or(picker::Tier::Original, |want| tier(want.tier));
            wants.retain(|want| !(known.contains(&want.blob.id) || disk_low && is_bulk(want.tier)));
            for want in wants.iter().filter(|want| want.tier == Tier::Manifest) {
                adopt_manifest(&group, want)?;
            }
            let wants = wants.into_iter().map(|want| (missing(&group.blobs, &want.blob), want));
            Ok::<_, StoreError>((wants.collect::<Vec<_>>(), more, reached))
        })
        .await;
        let Ok((wants, more, reached)) = wants else {
            self.more = true;
            return;
        };
        (self.more, self.reached) = (more, reached);
        let mut unheard_of = Vec::new();
        for (missing, want) in wants {
            if missing == 0 {
                self.finished.push(want.blob.id);
                self.purposes.insert(want.blob.id, want);
                continue;
            }
            let wanted = Want {
                blob: want.blob.id,
                size: want.blob.size,
                tier: tier(want.tier),
                sort_ms: want.sort_ms,
                missing,
                author: Some(want.author),
            };
            if is_bulk(want.tier) {
                unheard_of.push(Extent { blob: wanted.blob, size: wanted.size });
            }
            self.picker.want(wanted, elapsed_ms());
            self.purposes.insert(want.blob.id, want);
        }
        // Of what was made a moment ago the others will tell.
        if unheard_of.len() >= MANY {
            for (device, blobs) in self.group.links().into_iter().flat_map(|device| chunks(device, &unheard_of)) {
                self.group.tasks.spawn(ask_bitfields(self.group.clone(), device, blobs));
            }
        }
    }

    /// Wishes come true or cease to be: mains come and go, a quota fills.
    pub(super) async fn obey(&mut self) {
        let fills = !self.picker.is_empty() && self.group.policy.get().quota_bytes.is_some();
        let every = if fills { QUOTA_CHECK } else { DISK_CHECK };
        if self.wished.is_some_and(|(_, looked)| looked.elapsed() < every) {
            return;
        }
        let group = self.group.clone();
        let Ok(filter) = blocking(move || Ok::<_, StoreError>(policy::filter(&group))).await else { return };
        let before = self.wished.replace((filter, Instant::now()));
        let parts = |filter: WantFilter| (filter.previews, filter.photos, filter.clips, filter.carry_bytes > 0);
        if before.is_some_and(|(before, _)| parts(before) != parts(filter)) {
            self.rethink().await;
            self.group.bus.send(glow_api::Event::GroupsChanged);
        }
    }

    pub(super) async fn rethink(&mut self) {
        // What somebody watches comes whatever the wishes say.
        let picker = &mut self.picker;
        self.purposes.retain(|blob, _| {
            let is_played = picker.is_played(*blob);
            if !is_played {
                picker.drop_want(*blob);
            }
            is_played
        });
        self.refresh().await;
    }

    pub(super) async fn check_disk(&mut self) {
        let group = self.group.clone();
        let has_room = blocking(move || Ok::<_, BlobError>(policy::has_room(&group, 0))).await.unwrap_or(true);
        let was_low = self.disk_low;
        self.set_disk_low(!has_room);
        if was_low && !self.disk_low {
            self.refresh().await;
        }
    }

    /// Holds originals back while the disk is nearly full; previews go on.
    pub(super) fn set_disk_low(&mut self, low: bool) {
        if low && !self.disk_low {
            tracing::warn!("the disk is nearly full: originals wait");
            let bulk: Vec<BlobId> =
                self.purposes.values().filter(|want| is_bulk(want.tier)).map(|want| want.blob.id).collect();
            for blob in bulk {
                self.picker.drop_want(blob);
                self.purposes.remove(&blob);
            }
        }
        if low != self.disk_low {
            self.disk_low = low;
            self.group.bus.send(glow_api::Event::StatusChanged);
        }
    }
}

/// The pieces of a blob that are not here, one bit each.
pub(super) fn missing(blobs: &BlobStore, blob: &BlobRef) -> u32 {
    let pieces = blobs.missing_pieces(blob.id, blob.size).into_iter();
    pieces.fold(0, |all, piece| all | 1_u32.checked_shl(piece).unwrap_or(0))
}

pub(super) fn is_bulk(tier: Tier) -> bool {
    matches!(tier, Tier::Original | Tier::Motion)
}

fn tier(tier: Tier) -> picker::Tier {
    match tier {
        Tier::Grid => picker::Tier::Grid,
        Tier::Screen => picker::Tier::Screen,
        Tier::Manifest => picker::Tier::Manifest,
        Tier::Original | Tier::Motion => picker::Tier::Original,
    }
}

fn chunks(device: DeviceId, blobs: &[Extent]) -> impl Iterator<Item = (DeviceId, Vec<Extent>)> {
    blobs.chunks(IDS_PER_REQUEST).map(move |blobs| (device, blobs.to_vec()))
}
