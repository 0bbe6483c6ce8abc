//! A group of pickers in one thread: each member sends one piece after another on a line of its own.

use std::collections::BTreeMap;

use glow_model::{BlobId, DeviceId};

use super::super::{Action, Ended, Picker, Tier, Want};
use crate::{announce::PIECES_MS, chance::Chance, wire::PIECE_BYTES};

/// Pieces of a blob here.
const BLOB_PIECES: u32 = 8;
const TIMEOUT_MS: u64 = 120_000;

pub(super) fn peer(n: u8) -> DeviceId {
    DeviceId([n; 32])
}

pub(super) fn blob(n: u8) -> BlobId {
    BlobId([n; 32])
}

/// The first pieces, one bit each.
pub(super) fn first(pieces: u32) -> u32 {
    u32::MAX.checked_shr(32 - pieces.min(32)).unwrap_or(0)
}

type Piece = (BlobId, u32);

struct Member {
    picker: Picker,
    held: BTreeMap<BlobId, u32>,
    line_free_ms: u64,
    is_mute: bool,
    is_gone: bool,
    /// Requests that were given up.
    cancelled: Vec<u64>,
}

enum Step {
    Request { from: usize, to: usize, ticket: u64, piece: Piece },
    Answer { from: usize, to: usize, ticket: u64, piece: Option<Piece> },
    Told { to: usize, from: usize, piece: Piece },
}

pub(super) struct Group {
    pub(super) now_ms: u64,
    members: Vec<Member>,
    line_ms: u64,
    round_trip_ms: Box<dyn Fn(usize, usize) -> u64>,
    steps: BTreeMap<(u64, u64), Step>,
    next: u64,
    sent: Vec<(usize, usize, Piece)>,
    wasted: usize,
    wanted: BTreeMap<BlobId, u32>,
    leaver: Option<usize>,
    chance: Chance,
}

impl Group {
    /// So many members, each of which takes `line_ms` to send a piece.
    pub(super) fn with_lines(members: usize, line_ms: u64) -> Self {
        let member = |n: usize| Member {
            picker: Picker::new(peer(n as u8), n as u64),
            held: BTreeMap::new(),
            line_free_ms: 0,
            is_mute: false,
            is_gone: false,
            cancelled: Vec::new(),
        };
        Self {
            now_ms: 0,
            members: (0..members).map(member).collect(),
            line_ms,
            round_trip_ms: Box::new(|_, _| 4),
            steps: BTreeMap::new(),
            next: 0,
            sent: Vec::new(),
            wasted: 0,
            wanted: BTreeMap::new(),
            leaver: None,
            chance: Chance::new(1),
        }
    }

    pub(super) fn round_trips(mut self, round_trip_ms: impl Fn(usize, usize) -> u64 + 'static) -> Self {
        self.round_trip_ms = Box::new(round_trip_ms);
        self
    }

    pub(super) fn seed(mut self, seed: u64) -> Self {
        self.chance = Chance::new(seed);
        self
    }

    /// A member that neither answers nor asks nor tells.
    pub(super) fn mute(mut self, member: usize) -> Self {
        self.members[member].is_mute = true;
        self
    }

    /// A member that goes as soon as the others together have everything.
    pub(super) fn leaves_when_spread(mut self, member: usize) -> Self {
        self.leaver = Some(member);
        self
    }

    /// One member posts so many pieces, and all want them.
    pub(super) fn post(mut self, author: usize, pieces: u32) -> Self {
        self.meet();
        self.make(pieces, |_| author);
        for n in (0..self.members.len()).filter(|n| *n != author) {
            self.want_all(n, Some(peer(author as u8)));
        }
        self
    }

    /// Each piece is held by some member at first, and all know who.
    pub(super) fn scatter(mut self, pieces: u32) -> Self {
        self.meet();
        let (count, mut chance) = (self.members.len() as u64, self.chance.clone());
        self.make(pieces, |_| (chance.next() % count) as usize);
        for n in 0..self.members.len() {
            self.want_all(n, None);
        }
        for (from, held) in self.members.iter().map(|member| member.held.clone()).enumerate().collect::<Vec<_>>() {
            for to in (0..self.members.len()).filter(|to| *to != from) {
                for (blob, pieces) in &held {
                    self.members[to].picker.holds_pieces(peer(from as u8), *blob, *pieces, 0);
                }
            }
        }
        self
    }

    fn meet(&mut self) {
        for a in 0..self.members.len() {
            for b in (0..self.members.len()).filter(|b| *b != a) {
                let round_trip_us = (self.round_trip_ms)(a, b) * 1_000;
                self.members[a].picker.joined(peer(b as u8), 0);
                self.members[a].picker.measured(peer(b as u8), round_trip_us);
            }
        }
    }

    fn make(&mut self, pieces: u32, mut holder: impl FnMut(u32) -> usize) {
        for number in 0..pieces {
            let (blob, piece) = (blob((number / BLOB_PIECES) as u8), number % BLOB_PIECES);
            *self.wanted.entry(blob).or_default() |= 1 << piece;
            *self.members[holder(number)].held.entry(blob).or_default() |= 1 << piece;
        }
    }

    fn want_all(&mut self, n: usize, author: Option<DeviceId>) {
        for (blob, pieces) in &self.wanted {
            let member = &mut self.members[n];
            let missing = pieces & !member.held.get(blob).copied().unwrap_or(0);
            if missing != 0 {
                let size = u64::from(pieces.count_ones()) * PIECE_BYTES;
                let want = Want { blob: *blob, size, tier: Tier::Original, sort_ms: 1, missing, author };
                member.picker.want(want, 0);
            }
        }
    }

    /// Runs until nothing happens any more, or for two minutes.
    pub(super) fn run(mut self) -> Self {
        loop {
            self.ask_all();
            if self.complete_but([]) || self.now_ms > TIMEOUT_MS {
                return self;
            }
            let woken = self.members.iter().filter(|member| !member.is_mute && !member.is_gone);
            let wake_ms = woken.filter_map(|member| member.picker.next_wake_ms(self.now_ms)).min();
            let step_ms = self.steps.keys().next().map(|(at_ms, _)| *at_ms);
            let Some(at_ms) = wake_ms.into_iter().chain(step_ms).min() else { return self };
            self.now_ms = at_ms.max(self.now_ms);
            while let Some(entry) = self.steps.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
                let step = entry.remove();
                self.take(step);
            }
            self.part();
        }
    }

    fn ask_all(&mut self) {
        for from in 0..self.members.len() {
            if self.members[from].is_mute || self.members[from].is_gone {
                continue;
            }
            for action in self.members[from].picker.assign(self.now_ms) {
                match action {
                    Action::Cancel(ticket) => self.members[from].cancelled.push(ticket),
                    Action::Ask(ask) => {
                        let to = usize::from(ask.peer.0[0]);
                        let step = Step::Request { from, to, ticket: ask.ticket, piece: (ask.blob, ask.pieces[0]) };
                        self.after((self.round_trip_ms)(from, to) / 2, step);
                    }
                }
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Request { from, to, ticket, piece } => self.serve(from, to, ticket, piece),
            Step::Answer { from, to, ticket, piece } => self.answered(from, to, ticket, piece),
            Step::Told { to, from, piece: (blob, piece) } => {
                self.members[to].picker.holds_pieces(peer(from as u8), blob, 1 << piece, self.now_ms);
            }
        }
    }

    fn serve(&mut self, from: usize, to: usize, ticket: u64, piece: Piece) {
        let half_ms = (self.round_trip_ms)(from, to) / 2;
        let server = &mut self.members[to];
        if server.is_mute || server.is_gone || self.members[from].cancelled.contains(&ticket) {
            return;
        }
        let server = &mut self.members[to];
        if server.held.get(&piece.0).copied().unwrap_or(0) & (1 << piece.1) == 0 {
            return self.after(half_ms, Step::Answer { from: to, to: from, ticket, piece: None });
        }
        server.line_free_ms = server.line_free_ms.max(self.now_ms) + self.line_ms;
        let after_ms = server.line_free_ms - self.now_ms + half_ms;
        self.sent.push((to, from, piece));
        self.after(after_ms, Step::Answer { from: to, to: from, ticket, piece: Some(piece) });
    }

    fn answered(&mut self, from: usize, to: usize, ticket: u64, piece: Option<Piece>) {
        let now_ms = self.now_ms;
        let member = &mut self.members[to];
        let Some((blob, piece)) = piece else {
            return member.picker.ended(ticket, Ended::NotHere, now_ms);
        };
        let held = member.held.entry(blob).or_default();
        self.wasted += usize::from(*held & (1 << piece) != 0);
        *held |= 1 << piece;
        let is_complete = *held == self.wanted[&blob];
        member.picker.arrived(Some(ticket), blob, piece, now_ms);
        member.picker.ended(ticket, Ended::Complete, now_ms);
        if is_complete {
            member.picker.drop_want(blob);
        }
        let _ = from;
        for other in (0..self.members.len()).filter(|other| *other != to) {
            let after_ms = PIECES_MS + (self.round_trip_ms)(to, other) / 2;
            self.after(after_ms, Step::Told { to: other, from: to, piece: (blob, piece) });
        }
    }

    /// Lets the leaver go once the others together have everything.
    fn part(&mut self) {
        let Some(leaver) = self.leaver else { return };
        let spread = self.wanted.iter().all(|(blob, pieces)| {
            let others = self.members.iter().enumerate().filter(|(n, _)| *n != leaver);
            let held = others.fold(0, |all, (_, member)| all | member.held.get(blob).copied().unwrap_or(0));
            held == *pieces
        });
        if spread {
            self.leaver = None;
            self.members[leaver].is_gone = true;
            for member in &mut self.members {
                member.picker.left(peer(leaver as u8));
            }
        }
    }

    fn after(&mut self, after_ms: u64, step: Step) {
        self.next += 1;
        self.steps.insert((self.now_ms + after_ms, self.next), step);
    }

    pub(super) fn all_complete(&self) -> bool {
        self.complete_but([])
    }

    pub(super) fn complete_but<const N: usize>(&self, but: [usize; N]) -> bool {
        let counted = self.members.iter().enumerate().filter(|(n, _)| !but.contains(n));
        counted.into_iter().all(|(_, member)| member.held == self.wanted)
    }

    pub(super) fn sent_by(&self, member: usize) -> usize {
        self.sent.iter().filter(|(from, ..)| *from == member).count()
    }

    pub(super) fn sent_where(&self, counts: impl Fn(usize, usize) -> bool) -> usize {
        self.sent.iter().filter(|(from, to, _)| counts(*from, *to)).count()
    }

    /// Pieces that came to a member that had them.
    pub(super) fn wasted(&self) -> usize {
        self.wasted
    }
}
