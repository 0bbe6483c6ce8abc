//! What the owner of this device wishes to have of a group, in front of the picker: only wished blobs are ever given to it.

use std::sync::{PoisonError, RwLock};

use glow_api::Blocked;
use glow_model::{limits, state::Keeps};
use glow_store::{BlobWant, GroupStore, StoreError, WantFilter};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ApiResult, IntoApi},
    group::Group,
};

/// Where the wishes stand among the settings of a group.
const SETTING: &str = "storage";
/// What may be carried for others unless its owner says otherwise.
const CARRY_BYTES: u64 = 250_000_000;
/// At so many copies nothing is brought along for safety's sake.
const ENOUGH_COPIES: usize = 3;

/// The owner's wishes for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    #[serde(with = "keeps")]
    pub(crate) photos: Keeps,
    #[serde(with = "keeps")]
    pub(crate) clips: Keeps,
    pub(crate) paused: bool,
    pub(crate) quota_bytes: Option<u64>,
    pub(crate) carry_bytes: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { photos: Keeps::All, clips: Keeps::All, paused: false, quota_bytes: None, carry_bytes: CARRY_BYTES }
    }
}

mod keeps {
    use glow_model::state::Keeps;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(keeps: &Keeps, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*keeps as u8)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Keeps, D::Error> {
        Ok(match u8::deserialize(deserializer)? {
            0 => Keeps::Previews,
            1 => Keeps::WhenPlugged,
            _ => Keeps::All,
        })
    }
}

/// The wishes as they are now.
#[derive(Debug, Default)]
pub(crate) struct PolicyCell(RwLock<Policy>);

impl PolicyCell {
    /// Reads them from the settings; what cannot be read is as if nothing was wished.
    pub(crate) fn load(store: &GroupStore) -> Result<Self, StoreError> {
        let text = store.setting(SETTING)?;
        let policy = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok(Self(RwLock::new(policy)))
    }

    /// The wishes.
    pub(crate) fn get(&self) -> Policy {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the wishes, durably.
pub(crate) fn set(group: &Group, policy: Policy) -> ApiResult<()> {
    let text = serde_json::to_string(&policy).map_err(|error| crate::error::internal(&error))?;
    group.store.set_setting(SETTING, &text).map_err(IntoApi::into_api)?;
    *group.policy.0.write().unwrap_or_else(PoisonError::into_inner) = policy;
    // What is about to be deleted is wanted again before that, or after.
    let _keeping = group.keeping();
    let (wishes, has_room) = (wishes(group), is_within_quota(group, &policy));
    let wishes = WantFilter { photos: wishes.photos && has_room, clips: wishes.clips && has_room, ..wishes };
    group.store.wish_anew(&wishes).map_err(IntoApi::into_api)
}

/// Whether what is here takes less than its owner allows.
fn is_within_quota(group: &Group, policy: &Policy) -> bool {
    policy.quota_bytes.is_none_or(|quota| group.blobs.usage().bytes < quota)
}

/// What is missing and wished for, in the order in which it is fetched.
pub(crate) fn wants(group: &Group, limit: usize) -> Result<Vec<BlobWant>, StoreError> {
    let filter = filter(group);
    if group.can_read() {
        return group.store.wished_wants(limit, &filter);
    }
    if filter.previews { group.store.cargo_wants(limit, filter.photos) } else { Ok(Vec::new()) }
}

/// The wishes as they hold at this moment.
pub(crate) fn filter(group: &Group) -> WantFilter {
    let policy = group.policy.get();
    let has_room = is_within_quota(group, &policy);
    let plugged = is_plugged();
    let keeps = |keeps: Keeps| match keeps {
        Keeps::Previews => false,
        Keeps::WhenPlugged => plugged,
        Keeps::All => true,
    };
    let others = group.membership().members().len().saturating_sub(1);
    WantFilter {
        previews: !policy.paused,
        photos: !policy.paused && has_room && keeps(policy.photos),
        clips: !policy.paused && has_room && keeps(policy.clips),
        carry_bytes: if policy.paused || !has_room { 0 } else { policy.carry_bytes },
        enough_copies: u32::try_from(others.min(ENOUGH_COPIES)).unwrap_or(0),
    }
}

/// What is wished for, whether or not it comes at this moment.
pub(crate) fn wishes(group: &Group) -> WantFilter {
    let policy = group.policy.get();
    let (photos, clips) = (policy.photos != Keeps::Previews, policy.clips != Keeps::Previews);
    WantFilter { photos, clips, ..WantFilter::default() }
}

/// Why originals do not come, if they do not.
pub(crate) fn blocked(group: &Group) -> Option<Blocked> {
    let policy = group.policy.get();
    if policy.paused {
        return Some(Blocked::Paused);
    }
    if !is_within_quota(group, &policy) {
        return Some(Blocked::Quota);
    }
    let waits = [policy.photos, policy.clips].contains(&Keeps::WhenPlugged);
    if waits && !is_plugged() {
        return Some(Blocked::OnBattery);
    }
    (!has_room(group, 0)).then_some(Blocked::DiskLow)
}

/// Whether so many bytes more leave the disk the room that it shall have; so where the system does not tell.
pub(crate) fn has_room(group: &Group, more_bytes: u64) -> bool {
    group.blobs.free_bytes().is_none_or(|free| free >= limits::LOW_DISK_BYTES.saturating_add(more_bytes))
}

/// Whether this device runs on mains. Where the system does not say, it does.
#[cfg(target_os = "linux")]
fn is_plugged() -> bool {
    is_plugged_by(std::path::Path::new("/sys/class/power_supply"))
}

/// The same, as a folder of the kernel's `power_supply` class says it.
#[cfg(target_os = "linux")]
fn is_plugged_by(supplies: &std::path::Path) -> bool {
    let Ok(supplies) = std::fs::read_dir(supplies) else { return true };
    let read = |path: &std::path::Path, name: &str| std::fs::read_to_string(path.join(name)).unwrap_or_default();
    let mut mains = supplies
        .filter_map(|supply| Some(supply.ok()?.path()))
        .filter(|path| read(path, "type").trim() == "Mains")
        .map(|path| read(&path, "online").trim() != "0")
        .peekable();
    mains.peek().is_none() || mains.any(|online| online)
}

/// Whether this device runs on mains. Where the system does not say, it does.
#[cfg(not(target_os = "linux"))]
fn is_plugged() -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_device_is_plugged_unless_all_its_mains_are_off() {
        let supplies = tempfile::tempdir().unwrap();
        let supply = |name: &str, kind: &str, online: &str| {
            let path = supplies.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("type"), kind).unwrap();
            std::fs::write(path.join("online"), online).unwrap();
        };
        assert!(is_plugged_by(&supplies.path().join("none")), "a box says nothing");
        supply("BAT0", "Battery\n", "1\n");
        assert!(is_plugged_by(supplies.path()));
        supply("AC0", "Mains\n", "0\n");
        assert!(!is_plugged_by(supplies.path()));
        supply("AC1", "Mains\n", "1\n");
        assert!(is_plugged_by(supplies.path()));
    }
}
