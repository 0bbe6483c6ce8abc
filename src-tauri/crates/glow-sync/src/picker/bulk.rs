//! Originals: rarest first, one copy to a link group before any second, and the end game.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{BlobId, DeviceId};

use super::{Action, Flight, Picker, Tier, bit, link, want::Wanted};

/// Originals among which the rarest piece is looked for, newest first.
const WINDOW_BLOBS: usize = 32;
/// Requests for originals at once, to all members together: how many at first, at least and at most. A piece that comes soon
/// makes room for one more; one that takes long says that the way is full, perhaps with what others send, and takes a quarter
/// away. So those who share a way come to share it evenly, whoever was there first.
pub(super) const FIRST_ROOM: usize = 4;
const ROOM: std::ops::RangeInclusive<usize> = 3..=24;
const ROOM_BESIDE: usize = 2;
const SOON_MS: u64 = 1_000;
/// Nobody is known to hold it: whoever is connected is tried after this time.
const PROBE_MS: u64 = 500;
/// How long whoever has nothing to do waits before it takes what another is designated for: from a near one, from a far one.
/// It learns: half as long after something that nobody else had brought meanwhile, twice as long after something that had come.
const IDLE_NEAR_MS: std::ops::RangeInclusive<u64> = 100..=2_000;
const IDLE_FAR_MS: std::ops::RangeInclusive<u64> = 250..=4_000;
/// How long originals make way for something smaller that is on its way.
const PRESSING_MS: u64 = 1_000;
/// What is on its way and has not moved for so long does not count as something to do.
const STUCK_MS: u64 = 1_500;
/// In the end game a piece is asked of a second member after this time.
const TWIN_MS: u64 = 3_000;

/// A piece that may be asked for.
struct Choice {
    blob: BlobId,
    piece: u32,
    /// How many connected members have it.
    copies: usize,
    tie: u64,
    from: Vec<DeviceId>,
    /// Whether another is designated to fetch it.
    is_others: bool,
}

/// How long this member has had nothing to do, and how long it waits then.
#[derive(Debug)]
pub(super) struct Idle {
    since_ms: u64,
    near_ms: u64,
    far_ms: u64,
}

impl Idle {
    pub(super) fn new() -> Self {
        Self { since_ms: 0, near_ms: *IDLE_NEAR_MS.end(), far_ms: *IDLE_FAR_MS.end() }
    }

    /// Something is there to do.
    pub(super) fn works(&mut self, now_ms: u64) {
        self.since_ms = now_ms;
    }

    pub(super) fn may_take(&self, is_near: bool, now_ms: u64) -> bool {
        now_ms >= self.since_ms.saturating_add(if is_near { self.near_ms } else { self.far_ms })
    }

    /// What was taken has come; whether it had come to a neighbour meanwhile.
    pub(super) fn learn(&mut self, is_near: bool, was_needless: bool) {
        let (wait_ms, range) =
            if is_near { (&mut self.near_ms, IDLE_NEAR_MS) } else { (&mut self.far_ms, IDLE_FAR_MS) };
        let learnt_ms = if was_needless { *wait_ms * 2 } else { *wait_ms / 2 };
        *wait_ms = learnt_ms.clamp(*range.start(), *range.end());
    }
}

impl Picker {
    pub(super) fn assign_bulk(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        let mut room = self.bulk_room(now_ms);
        let mut load = self.load(|flight| flight.tier.is_bulk());
        if self.links.is_empty() {
            return;
        }
        let mut choices = self.choices(now_ms);
        choices.sort_by_key(|choice| (choice.copies, choice.tie));
        let nothing_free = self.wants.bulk().all(|want| want.missing & !want.asked == 0);
        for choice in choices.iter().filter(|choice| !choice.is_others) {
            if room == 0 {
                break;
            }
            let Some(peer) = self.idlest(&choice.from, &load) else { continue };
            *load.entry(peer).or_default() += 1;
            room -= 1;
            self.ask_piece(peer, choice.blob, choice.piece, now_ms, actions);
        }
        if self.has_to_do(now_ms) {
            self.idle.works(now_ms);
        } else if let Some((choice, peer)) = self.take_over(&choices, &load, now_ms) {
            self.idle.works(now_ms);
            self.ask_piece(peer, choice.blob, choice.piece, now_ms, actions);
            self.change_last(|flight| flight.is_others = true);
        }
        if nothing_free
            && room > 0
            && let Some((blob, piece, peer)) = self.twin(now_ms, &load)
        {
            let bits = bit(piece);
            for flight in self.flights.values_mut().filter(|flight| flight.blob == blob && flight.open & bits != 0) {
                flight.is_twin = true;
            }
            self.ask_piece(peer, blob, piece, now_ms, actions);
            self.change_last(|flight| flight.is_twin = true);
        }
    }

    pub(super) fn change_last(&mut self, change: impl FnOnce(&mut Flight)) {
        if let Some(flight) = self.flights.get_mut(&self.next_ticket) {
            change(flight);
        }
    }

    /// Whether something is on its way that moves.
    pub(super) fn has_to_do(&self, now_ms: u64) -> bool {
        let moved_ms = |flight: &Flight| flight.asked_ms.max(flight.heard_ms);
        self.flights.values().any(|flight| now_ms < moved_ms(flight).saturating_add(STUCK_MS))
    }

    /// Something that another is designated for, when there has been nothing to do for long enough.
    fn take_over<'a>(
        &self,
        choices: &'a [Choice],
        load: &BTreeMap<DeviceId, usize>,
        now_ms: u64,
    ) -> Option<(&'a Choice, DeviceId)> {
        choices.iter().filter(|choice| choice.is_others).find_map(|choice| {
            let peer = self.idlest(&choice.from, load)?;
            self.idle.may_take(self.is_near(peer), now_ms).then_some((choice, peer))
        })
    }

    fn ask_piece(&mut self, peer: DeviceId, blob: BlobId, piece: u32, now_ms: u64, actions: &mut Vec<Action>) {
        let size = self.wants.get(blob).map_or(0, |want| want.size);
        actions.push(self.ask(peer, (blob, size, Tier::Original), bit(piece), now_ms));
    }

    /// How many more pieces may be on their way: none beside something tiny, a few beside something small, and as few as can be
    /// while photos come one after another.
    pub(super) fn bulk_room(&self, now_ms: u64) -> usize {
        let presses = |tier: Tier| {
            let mut flights = self.flights.values().filter(|flight| flight.tier <= tier);
            flights.any(|flight| now_ms < flight.asked_ms.saturating_add(PRESSING_MS))
        };
        let room = match () {
            () if presses(Tier::Playing) => 0,
            () if presses(Tier::Manifest) => self.room.min(ROOM_BESIDE),
            () if self.quiet.is_series(now_ms) => *ROOM.start(),
            () => self.room,
        };
        room.saturating_sub(self.flights.values().filter(|flight| flight.tier.is_bulk()).count())
    }

    /// A piece came so long after it was asked for.
    pub(super) fn adapt_room(&mut self, took_ms: u64) {
        self.took_ms = (7 * self.took_ms + took_ms) / 8;
        if self.took_ms.max(took_ms) <= SOON_MS {
            self.room = (self.room + 1).min(*ROOM.end());
        } else if self.took_ms.min(took_ms) > SOON_MS {
            self.room = (self.room * 3 / 4).max(*ROOM.start());
        }
    }

    /// The pieces of the newest originals that this member may ask for, and whom.
    fn choices(&mut self, now_ms: u64) -> Vec<Choice> {
        let mut chance = self.chance.clone();
        let mut pieces = Vec::new();
        let mut scarce = BTreeSet::new();
        let hotspot = self.hotspot(now_ms);
        for want in self.wants.bulk().filter(|want| want.missing != 0).take(WINDOW_BLOBS) {
            let holders = self.able_holders(want.blob, now_ms);
            for piece in (0..u32::BITS).filter(|piece| want.missing & bit(*piece) != 0) {
                let with: Vec<DeviceId> =
                    holders.iter().filter(|(_, has)| has & bit(piece) != 0).map(|(peer, _)| *peer).collect();
                if let [only] = with[..] {
                    scarce.insert(only);
                }
                if want.asked & bit(piece) == 0 {
                    pieces.push((want, piece, with, chance.next()));
                }
            }
        }
        let choice = |(want, piece, with, tie): (&Wanted, u32, Vec<DeviceId>, u64)| {
            let copies = with.len();
            let (from, is_others) = self.whom(want, piece, with, (&scarce, hotspot), now_ms);
            (!from.is_empty()).then_some(Choice { blob: want.blob, piece, copies, tie, from, is_others })
        };
        let choices = pieces.into_iter().filter_map(choice).collect();
        self.chance = chance;
        choices
    }

    /// Connected members that are known to hold something of a blob and may be asked for it.
    fn able_holders(&self, blob: BlobId, now_ms: u64) -> Vec<(DeviceId, u32)> {
        let able = |peer: &DeviceId| {
            let fit = self.links.get(peer).is_some_and(|link| link.is_fit(now_ms));
            fit && !self.avoid.contains_key(&(blob, *peer))
        };
        self.holdings.holders(blob).filter(|(peer, _)| able(peer)).collect()
    }

    /// Which of the holders of a piece this member may ask for it, and whether that is another's to do.
    ///
    /// Whoever alone has something that is missing here sends that, and leaves what others have to them.
    fn whom(
        &self,
        want: &Wanted,
        piece: u32,
        holders: Vec<DeviceId>,
        (scarce, hotspot): (&BTreeSet<DeviceId>, Option<DeviceId>),
        now_ms: u64,
    ) -> (Vec<DeviceId>, bool) {
        if holders.is_empty() {
            return (self.probe(want, now_ms), false);
        }
        if let Some(hotspot) = hotspot.filter(|hotspot| holders.contains(hotspot)) {
            return (vec![hotspot], false);
        }
        let (near, far): (Vec<_>, Vec<_>) = holders.into_iter().partition(|peer| self.is_near(*peer));
        let is_spread = near.len() >= 2;
        let is_anothers = self.is_anothers(want.blob, piece, near.len(), hotspot);
        let from = if near.is_empty() { far } else { near };
        let spares = |peer: &&DeviceId| !scarce.contains(peer) && (!is_spread || want.author != Some(**peer));
        let plenty: Vec<DeviceId> = from.iter().filter(spares).copied().collect();
        let from = if plenty.is_empty() { from } else { plenty };
        (from, is_anothers)
    }

    /// Nobody who is known to hold it is here: any who may.
    fn probe(&self, want: &Wanted, now_ms: u64) -> Vec<DeviceId> {
        if now_ms < want.since_ms.saturating_add(PROBE_MS) {
            return Vec::new();
        }
        let may = |(peer, link): &(&DeviceId, &link::Link)| {
            link.is_fit(now_ms) && !self.avoid.contains_key(&(want.blob, **peer))
        };
        self.links.iter().filter(may).map(|(peer, _)| *peer).collect()
    }

    /// Finds out who does not get on although others do: it is not counted on, until it tells of something that came.
    pub(super) fn look_who_lags(&mut self) {
        let newest_ms = self.links.values().map(|link| link.progress_ms).max().unwrap_or(0).max(self.progress_ms);
        let lags = |peer: &DeviceId, link: &link::Link| {
            let lacked = |want: &&Wanted| want.missing & !self.holdings.of(want.blob, *peer) != 0;
            let since_ms = self.wants.bulk().take(WINDOW_BLOBS).filter(lacked).map(|want| want.since_ms).min();
            since_ms.is_some_and(|since_ms| newest_ms > link.progress_ms.max(since_ms).saturating_add(link::IDLE_MS))
        };
        let lagging: Vec<DeviceId> =
            self.links.iter().filter(|(peer, link)| lags(peer, link)).map(|(peer, _)| *peer).collect();
        for peer in lagging {
            if let Some(link) = self.links.get_mut(&peer) {
                link.lags = true;
            }
        }
    }

    /// Of these, the one with the fewest requests in flight below its window, authors last, the fastest first.
    fn idlest(&self, from: &[DeviceId], load: &BTreeMap<DeviceId, usize>) -> Option<DeviceId> {
        let free = from.iter().filter_map(|peer| {
            let (link, load) = (self.links.get(peer)?, load.get(peer).copied().unwrap_or_default());
            (load < link.window()).then_some((load, std::cmp::Reverse(link.rate_bps()), *peer))
        });
        free.min().map(|(.., peer)| peer)
    }

    /// A piece that is on its way for long, and another member that has it and nothing else to do.
    fn twin(&self, now_ms: u64, load: &BTreeMap<DeviceId, usize>) -> Option<(BlobId, u32, DeviceId)> {
        let late = self.flights.values().filter(|flight| {
            let since_ms = flight.asked_ms.max(flight.heard_ms);
            flight.tier.is_bulk() && !flight.is_twin && flight.open != 0 && now_ms >= since_ms.saturating_add(TWIN_MS)
        });
        late.flat_map(|flight| {
            let piece = flight.open.trailing_zeros();
            let others = self
                .able_holders(flight.blob, now_ms)
                .into_iter()
                .filter(move |(peer, has)| *peer != flight.peer && has & bit(piece) != 0 && load.get(peer) == Some(&0));
            others.map(move |(peer, _)| (flight.blob, piece, peer))
        })
        .find(|(.., peer)| self.is_near(*peer))
    }
}
