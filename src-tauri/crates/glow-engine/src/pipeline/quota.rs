//! Giving up originals when the owner's quota or the disk says so, and dropping what was carried for others.
//!
//! Nothing is deleted before the members know: only what this device has said that it holds is released (no longer held,
//! durably), then the lower holdings are said, then every connected member confirms them, and only after two rounds the files
//! go, unless they are held again by then. A member that is not connected
//! may believe the older word for as long as it is away; what it counts is true nevertheless up to three: of all devices
//! that ever said that they hold an original, the highest three by [`GroupSecret::holder_rank`] never see three above
//! themselves, so they never give it up. Own captures stay always: an author ranks above everybody.
//!
//! [`GroupSecret::holder_rank`]: glow_model::GroupSecret::holder_rank

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use glow_model::{
    BlobId, DeviceId, GroupSecret,
    state::{Marks, Slot},
};
use glow_store::Evictable;
use glow_sync::wire::StateId;

use crate::{
    clock::now_ms,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{fetch::FetchInput, states},
};

/// Devices that must keep an original.
const KEEPERS: usize = 3;
/// Originals looked at in one round.
const AT_ONCE: usize = 2_000;
/// The word of a device that was silent for longer does not allow to give anything up.
const TRUSTED_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// Free space that the disk shall have: this, or a twentieth of a small disk.
const FREE_BYTES: u64 = 500 * 1024 * 1024;

/// How far giving up has come.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    /// Since when released files wait for their deletion.
    waiting: Mutex<Option<Instant>>,
    /// The last that was looked at, while more is to be given up.
    looked_at: Mutex<Option<Evictable>>,
}

impl Quota {
    /// How long something has been waiting.
    fn waiting(&self) -> Duration {
        lock(&self.waiting).get_or_insert_with(Instant::now).elapsed()
    }

    fn done(&self) {
        *lock(&self.waiting) = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One round: deletes what was released and told, or else releases what is too much.
pub(crate) async fn step(group: &Arc<Group>) -> ApiResult<()> {
    let this = group.clone();
    let released = blocking(move || this.store.released()).await?;
    if released.is_empty() {
        return release(group).await;
    }
    let waited = group.quota.waiting();
    if waited >= 2 * group.states.every() && everybody_knows(group).await {
        let this = group.clone();
        blocking(move || delete(&this, released)).await?;
        group.quota.done();
        group.tell_fetch(FetchInput::Rethink).await;
    }
    group.states.wake();
    Ok(())
}

/// Says the holdings again to everyone connected, and waits for their answers.
async fn everybody_knows(group: &Arc<Group>) -> bool {
    let holdings = StateId { device: group.me, slot: Slot::HOLDINGS };
    let links = group.links();
    let told = links.iter().map(|device| states::tell(group, *device, vec![holdings]));
    futures::future::join_all(told).await.into_iter().all(|told| told)
}

/// Removes the files of what still is released.
fn delete(group: &Group, released: Vec<BlobId>) -> ApiResult<()> {
    for blob in released {
        let _keeping = group.keeping();
        if group.store.is_released(blob).map_err(IntoApi::into_api)? {
            group.blobs.remove(blob).map_err(IntoApi::into_api)?;
            group.store.release_done(blob).map_err(IntoApi::into_api)?;
        }
    }
    Ok(())
}

async fn release(group: &Arc<Group>) -> ApiResult<()> {
    let this = group.clone();
    let said = states::said_originals(group).await;
    let moments = blocking(move || {
        let victims = victims(&this, &said)?;
        if victims.is_empty() {
            return ApiResult::Ok(Vec::new());
        }
        tracing::info!(originals = victims.len(), "given up: others hold them");
        let blobs: Vec<BlobId> = victims.iter().flat_map(|victim| &victim.blobs).map(|(blob, _)| *blob).collect();
        this.store.release(&blobs).map_err(IntoApi::into_api)
    })
    .await?;
    if !moments.is_empty() {
        group.bus.media_changed(group.id, &moments);
        group.quota.waiting();
        states::publish(group).await?;
        group.states.wake();
    }
    Ok(())
}

/// What to give up now: everything carried that is safe elsewhere, and as many originals as are too much.
fn victims(group: &Group, said: &Marks) -> ApiResult<Vec<Evictable>> {
    let enough = group.membership().members().len().saturating_sub(1).min(KEEPERS);
    let mut victims = Vec::new();
    for candidate in group.store.carried().map_err(IntoApi::into_api)? {
        if holders(group, &candidate)?.len() >= enough {
            victims.push(candidate);
        }
    }
    let excess = excess_bytes(group);
    let mut freed: u64 = victims.iter().map(Evictable::bytes).sum();
    if freed >= excess {
        return Ok(victims);
    }
    let secret = group.secrets().secret.clone();
    let mut looked_at = lock(&group.quota.looked_at);
    let candidates = group.store.evictable(looked_at.as_ref(), AT_ONCE).map_err(IntoApi::into_api)?;
    // The next round goes on behind these, and after the last one from the beginning.
    *looked_at = candidates.get(AT_ONCE - 1).cloned();
    for candidate in candidates {
        if freed >= excess {
            break;
        }
        let is_said = said.contains(candidate.author, candidate.seq);
        if is_said && may_give_up(&secret, group.me, &candidate, &holders(group, &candidate)?) {
            freed += candidate.bytes();
            victims.push(candidate);
        }
    }
    if freed >= excess {
        *looked_at = None;
    }
    Ok(victims)
}

/// The devices that hold an original by their own word, unless that is old.
fn holders(group: &Group, candidate: &Evictable) -> ApiResult<Vec<DeviceId>> {
    let trusted = now_ms().saturating_sub(TRUSTED_MS);
    let holders = group.store.holders_of(candidate.author, candidate.seq).map_err(IntoApi::into_api)?;
    Ok(holders.into_iter().filter(|(_, said_ms)| *said_ms >= trusted).map(|(device, _)| device).collect())
}

/// Bytes above the quota, or missing to the free space that the disk shall have.
fn excess_bytes(group: &Group) -> u64 {
    let above = group.policy.get().quota_bytes.map_or(0, |quota| group.blobs.usage().bytes.saturating_sub(quota));
    let wished = group.blobs.disk_bytes().map_or(FREE_BYTES, |disk| FREE_BYTES.min(disk / 20));
    let lacking = group.blobs.free_bytes().map_or(0, |free| wished.saturating_sub(free));
    above.max(lacking)
}

/// Whether three devices above this one hold the original by their own word.
fn may_give_up(secret: &GroupSecret, me: DeviceId, candidate: &Evictable, holders: &[DeviceId]) -> bool {
    let Some((blob, _)) = candidate.blobs.first() else { return false };
    let rank = |device: DeviceId| (device == candidate.author, secret.holder_rank(*blob, device));
    holders.iter().filter(|device| **device != me && rank(**device) > rank(me)).count() >= KEEPERS
}

#[cfg(test)]
mod tests {
    //! Random evictions, partitions and delays: what anybody counts is never more than there is.
    #![allow(clippy::unwrap_used)]

    use glow_model::{MomentKind, OperationId};
    use proptest::prelude::*;

    use super::*;

    const DEVICES: usize = 7;

    /// Devices that hold one original, and what each has heard of the others.
    struct World {
        holds: [bool; DEVICES],
        /// What each device last said, with how often it had spoken then.
        says: [(u32, bool); DEVICES],
        heard: [[(u32, bool); DEVICES]; DEVICES],
    }

    fn device(number: usize) -> DeviceId {
        DeviceId([u8::try_from(number).unwrap(); 32])
    }

    impl World {
        fn candidate() -> Evictable {
            Evictable {
                moment: OperationId([1; 32]),
                author: device(0),
                seq: 1,
                kind: MomentKind::Photo,
                sort_ms: 1,
                blobs: vec![(BlobId([9; 32]), 1)],
            }
        }

        fn say(&mut self, who: usize) {
            self.says[who] = (self.says[who].0 + 1, self.holds[who]);
            self.heard[who][who] = self.says[who];
        }

        /// Gives up as the quota does: the lower word first, then the bytes; whoever is away has not heard it.
        fn give_up(&mut self, who: usize) {
            let holders: Vec<DeviceId> =
                (0..DEVICES).filter(|of| *of != who && self.heard[who][*of].1).map(device).collect();
            let may = may_give_up(&GroupSecret([3; 32]), device(who), &Self::candidate(), &holders);
            if who != 0 && self.holds[who] && may {
                self.holds[who] = false;
                self.say(who);
            }
        }

        /// One device passes on what it has heard of another.
        fn pass_on(&mut self, from: usize, to: usize, of: usize) {
            if self.heard[from][of].0 > self.heard[to][of].0 {
                self.heard[to][of] = self.heard[from][of];
            }
        }

        fn counted_by(&self, who: usize) -> usize {
            let others = (0..DEVICES).filter(|of| *of != who && self.heard[who][*of].1);
            others.count() + usize::from(self.holds[who])
        }

        fn truly(&self) -> usize {
            self.holds.iter().filter(|holds| **holds).count()
        }
    }

    proptest! {
        #[test]
        fn what_is_counted_up_to_three_is_true(steps in prop::collection::vec((0..3_u8, 0..DEVICES, 0..DEVICES, 0..DEVICES), 0..300)) {
            let mut world = World {
                holds: [false; DEVICES],
                says: [(0, false); DEVICES],
                heard: [[(0, false); DEVICES]; DEVICES],
            };
            world.holds[0] = true;
            world.say(0);
            for (what, a, b, c) in steps {
                match what {
                    // Whoever reaches a holder fetches, and says so.
                    0 if world.holds[b] => {
                        world.holds[a] = true;
                        world.say(a);
                    }
                    1 => world.give_up(a),
                    _ => world.pass_on(a, b, c),
                }
                for who in 0..DEVICES {
                    prop_assert!(world.counted_by(who).min(KEEPERS) <= world.truly(), "{who} counts too many");
                }
            }
        }
    }
}
