//! What is small: grid previews, what is played, screen previews, manifests. Smallest first, newest first.

use std::collections::BTreeMap;

use glow_model::DeviceId;

use super::{Action, Load, Picker, Tier, link, want::Wanted};

/// How long a grid preview is waited for when its author is connected: authors send it along with the operation. Where so many
/// are missing they are none of this moment.
pub(super) const PUSHED_MS: u64 = 500;
const PUSHED_AT_ONCE: usize = 32;
/// Grid previews on their way from one member.
#[derive(Debug, Clone, Copy, Default)]
struct Grids {
    count: usize,
    bytes: u64,
    /// Whether so many are on their way that more are asked for later, many together.
    rests: bool,
}

impl Grids {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }

    fn has_room(self) -> bool {
        let is_much = self.count >= link::IN_FLIGHT && self.bytes >= link::GRID_BYTES_IN_FLIGHT;
        !self.rests && !is_much && self.count < link::GRIDS_IN_FLIGHT
    }
}

impl Picker {
    pub(super) fn assign_small(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        // What is small does not wait for originals to end.
        let mut load = self.load(|flight| !flight.tier.is_bulk());
        let mut grids = self.grids();
        let is_hushed = self.quiet.is_asked();
        let mut may_take = !self.has_to_do(now_ms);
        let hotspot = self.hotspot(now_ms);
        let is_backlog = self.wants.small().nth(PUSHED_AT_ONCE).is_some_and(|want| want.tier == Tier::Grid);
        let mut asks = Vec::new();
        for want in self.wants.small() {
            let is_room = if want.tier == Tier::Grid {
                grids.values().any(|grids| grids.has_room())
            } else {
                load.values().any(|load| *load < link::IN_FLIGHT)
            };
            if want.tier != Tier::Grid && (is_hushed || !is_room) {
                break;
            }
            let free = want.missing & !want.asked;
            if free == 0 || !is_room || !is_backlog && self.awaits_push(want, now_ms) {
                continue;
            }
            let is_others = self.is_brought(want, free, hotspot);
            let Some(peer) = self.best_holder(want, free, (&load, &grids), hotspot, now_ms) else { continue };
            if is_others && !(may_take && self.idle.may_take(self.is_near(peer), now_ms)) {
                continue;
            }
            may_take = false;
            *load.entry(peer).or_default() += 1;
            if want.tier == Tier::Grid {
                grids.entry(peer).or_default().add(want.size);
            }
            let has = self.holdings.of(want.blob, peer) & free;
            let pieces = if has == 0 { free } else { has };
            let pieces = if want.tier == Tier::Playing { self.wants.played(want, pieces) } else { pieces };
            asks.push((peer, (want.blob, want.size, want.tier), pieces, is_others));
        }
        for (peer, what, pieces, is_others) in asks {
            self.idle.works(now_ms);
            actions.push(self.ask(peer, what, pieces, now_ms));
            self.change_last(|flight| flight.is_others = is_others);
        }
    }

    /// Its author sends it along with the operation; asking too would bring it twice.
    fn awaits_push(&self, want: &Wanted, now_ms: u64) -> bool {
        want.tier == Tier::Grid
            && now_ms < want.since_ms.saturating_add(PUSHED_MS)
            && want.author.is_some_and(|author| self.links.contains_key(&author))
    }

    /// Whether a neighbour is to bring something that is small but not tiny, and that no near member has or only one.
    fn is_brought(&self, want: &Wanted, free: u32, hotspot: Option<DeviceId>) -> bool {
        let piece = free.trailing_zeros();
        want.tier == Tier::Screen
            && self.holdings.holders(want.blob).next().is_some()
            && self.is_anothers(want.blob, piece, self.near_holders(want.blob, piece), hotspot)
    }

    /// Whom to ask for something small: known holders first, then the nearest, the hotspot, the idlest, any.
    fn best_holder(
        &self,
        want: &Wanted,
        free: u32,
        (load, grids): (&Load, &BTreeMap<DeviceId, Grids>),
        hotspot: Option<DeviceId>,
        now_ms: u64,
    ) -> Option<DeviceId> {
        let has_room =
            |peer: &DeviceId| want.tier != Tier::Grid || grids.get(peer).copied().unwrap_or_default().has_room();
        let counts = |peer: &DeviceId| load.get(peer).copied().unwrap_or_default();
        let holds = |peer: &DeviceId| self.holdings.of(want.blob, *peer) & free != 0;
        let is_others = |peer: &DeviceId| {
            holds(peer) && want.author != Some(*peer) && self.is_near(*peer) && self.links[peer].is_fit(now_ms)
        };
        // An author has much to send that nobody else has.
        let spares_author = want.tier == Tier::Screen && self.links.keys().any(is_others);
        self.links
            .iter()
            .filter(|(peer, _)| !spares_author || want.author != Some(**peer))
            .filter(|(peer, link)| counts(peer) < link::in_flight(want.tier) && link.is_fit(now_ms) && has_room(peer))
            .filter(|(peer, _)| !self.avoid.contains_key(&(want.blob, **peer)))
            .min_by_key(|(peer, link)| {
                (
                    !holds(peer),
                    !self.is_near(**peer),
                    hotspot != Some(**peer),
                    counts(peer),
                    std::cmp::Reverse(link.rate_bps()),
                )
            })
            .map(|(peer, _)| *peer)
    }

    /// Grid previews that are on their way from each connected member.
    fn grids(&self) -> BTreeMap<DeviceId, Grids> {
        let mut grids: BTreeMap<DeviceId, Grids> = self.links.keys().map(|peer| (*peer, Grids::default())).collect();
        for flight in self.flights.values().filter(|flight| flight.tier == Tier::Grid && flight.open != 0) {
            grids.entry(flight.peer).or_default().add(flight.size);
        }
        for grids in grids.values_mut() {
            grids.rests = grids.count > link::GRIDS_LEFT;
        }
        grids
    }
}
