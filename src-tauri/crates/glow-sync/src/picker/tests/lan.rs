//! Whole devices on a LAN, in virtual time: pickers, announcers and budgets, and bytes that take turns on lines and channels.
//!
//! A connection sends in steps, as many as its window allows, which grows until a queue is full. A step waits at each line of
//! its way for what came before it. What is asked, told and pushed takes the same way as what is bulk.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{BlobId, DeviceId};

use super::super::{Action, Assignment, Ended, Picker, Tier, Want};
use crate::{
    announce::Announcer,
    budget::Budget,
    proximity::Place,
    wire::{Lane, PIECE_BYTES, Request},
};

const STEP_BYTES: u64 = 16 * 1024;
/// What a packet's headers add to what it carries.
const WIRE: f64 = 1538.0 / 1448.0;
/// What would wait longer at a line is dropped there.
const QUEUE_US: u64 = 100_000;
const FIRST_WINDOW: f64 = 16_384.0;
const WORD_BYTES: u64 = 250;
const TIMEOUT_US: u64 = 120_000_000;
/// How long a device takes for a photo before it can be announced.
const INGEST_US: u64 = 150_000;
const GRID_BYTES: u64 = 20 * 1024;
const SCREEN_BYTES: u64 = 200 * 1024;
/// For how long whoever makes a preview asks for quiet, and whoever offers one.
const EARLY_QUIET_MS: u64 = 800;
const QUIET_MS: u64 = 600;

type Ends = (usize, usize);

/// Who is reached by which lines, and how many turns a step takes at each.
type Route = Box<dyn Fn(usize, usize) -> Vec<(usize, u64)>>;

struct Line {
    bytes_per_ms: f64,
    free_us: u64,
    carried: u64,
}

enum Payload {
    Ask(Assignment),
    Piece { ticket: u64, blob: BlobId, piece: u32, is_last: bool },
    NotHere { ticket: u64 },
    Word(Request),
    Offer { photo: u8 },
}

struct Stream {
    lane: Lane,
    ticket: Option<u64>,
    left: u64,
    payload: Payload,
}

#[derive(Default)]
struct Connection {
    window: f64,
    ceiling: f64,
    in_flight: u64,
    lost_us: u64,
    streams: Vec<Stream>,
    turn: usize,
}

struct Step {
    ends: Ends,
    bytes: u64,
    ends_with: Option<Payload>,
    hop: usize,
}

enum Event {
    Hop(Step),
    Acknowledged(Ends, u64),
    Shutter {
        author: usize,
    },
    Shot {
        author: usize,
        photo: u8,
    },
    /// Somebody looks at the originals of these photos, as if they were a clip's segments, from a piece of the first on.
    Seek {
        device: usize,
        photos: Vec<u8>,
        piece: u32,
    },
}

struct Device {
    picker: Picker,
    announcer: Announcer,
    budget: Budget,
    held: BTreeMap<BlobId, u32>,
    /// Photos whose operation is here.
    known: BTreeSet<u8>,
    is_mute: bool,
    is_liar: bool,
    /// Something has come to it since it last decided, and when it decides next in any case.
    is_touched: bool,
    due_ms: u64,
}

/// A photo's three blobs, and how many pieces each has.
#[derive(Clone, Copy)]
struct Photo {
    author: usize,
    original_pieces: u32,
}

pub(super) struct Lan {
    now_us: u64,
    lines: Vec<Line>,
    route: Route,
    delay_us: u64,
    devices: Vec<Device>,
    connections: BTreeMap<Ends, Connection>,
    events: BTreeMap<(u64, u64), Event>,
    next: u64,
    photos: BTreeMap<u8, Photo>,
    shot_us: BTreeMap<u8, u64>,
    /// When each device had each photo's grid preview.
    pub(super) previews_us: BTreeMap<(u8, usize), u64>,
    /// The pieces of originals that came to each device, in order, and when.
    came: Vec<(u64, usize, u8, u32)>,
    pub(super) wasted: usize,
    pub(super) lies: usize,
    /// Pieces sent, by who sent them to whom, and of which part.
    sent: BTreeMap<(usize, usize, u8), usize>,
    done_us: u64,
}

fn id(photo: u8, part: u8) -> BlobId {
    let mut bytes = [photo; 32];
    bytes[1] = part;
    BlobId(bytes)
}

fn device_id(n: usize) -> DeviceId {
    DeviceId([n as u8; 32])
}

impl Lan {
    /// Lines of their own: so many Mbit/s up and down, and a delay.
    pub(super) fn separate(devices: usize, up_mbit: f64, down_mbit: f64, delay_us: u64) -> Self {
        let up = (0..devices).map(|_| up_mbit);
        let rates: Vec<f64> = up.chain((0..devices).map(|_| down_mbit)).collect();
        Self::new(devices, &rates, delay_us, Box::new(move |from, to| vec![(from, 1), (devices + to, 1)]))
    }

    /// One channel that all share; what goes from one to another takes two turns.
    pub(super) fn shared(devices: usize, mbit: f64) -> Self {
        Self::new(devices, &[mbit], 500, Box::new(|_, _| vec![(0, 2)]))
    }

    /// One channel that all share and one of them has opened: what goes to or from the hotspot takes one turn. All know.
    pub(super) fn hotspot(devices: usize, mbit: f64, hotspot: usize) -> Self {
        let turns = move |from: usize, to: usize| if from == hotspot || to == hotspot { 1 } else { 2 };
        let mut lan = Self::new(devices, &[mbit], 500, Box::new(move |from, to| vec![(0, turns(from, to))]))
            .with_round_trips(move |a, b| 1_000 * turns(a, b));
        let place = Place { is_in_network: true, ..Place::default() };
        for station in (0..devices).filter(|n| *n != hotspot) {
            for to in (0..devices).filter(|n| *n != station) {
                let place = Place { is_hotspot: to == hotspot, ..place };
                lan.devices[station].picker.located(device_id(to), place, None);
            }
            lan.devices[hotspot].picker.located(device_id(station), place, None);
            lan.devices[hotspot].picker.hosts(device_id(station));
        }
        lan
    }

    /// Two channels, and a line of 20 Mbit/s between them.
    pub(super) fn two_cells(devices: usize, near: usize, mbit: f64) -> Self {
        let cell = move |n: usize| usize::from(n >= near);
        let route = move |from: usize, to: usize| match (cell(from), cell(to)) {
            (a, b) if a == b => vec![(a, 2)],
            (a, b) => vec![(a, 1), (2 + a, 1), (b, 1)],
        };
        Self::new(devices, &[mbit, mbit, 20.0, 20.0], 500, Box::new(route))
            .with_round_trips(move |a, b| if cell(a) == cell(b) { 2_000 } else { 12_000 })
    }

    fn new(count: usize, mbit: &[f64], delay_us: u64, route: Route) -> Self {
        let device = |n: usize| Device {
            picker: Picker::new(device_id(n), n as u64),
            announcer: Announcer::default(),
            budget: Budget::default(),
            held: BTreeMap::new(),
            known: BTreeSet::new(),
            is_mute: false,
            is_liar: false,
            is_touched: true,
            due_ms: 0,
        };
        let line = |mbit: &f64| Line { bytes_per_ms: mbit * 125.0, free_us: 0, carried: 0 };
        let lan = Self {
            now_us: 0,
            lines: mbit.iter().map(line).collect(),
            route,
            delay_us,
            devices: (0..count).map(device).collect(),
            connections: BTreeMap::new(),
            events: BTreeMap::new(),
            next: 0,
            photos: BTreeMap::new(),
            shot_us: BTreeMap::new(),
            previews_us: BTreeMap::new(),
            came: Vec::new(),
            wasted: 0,
            lies: 0,
            sent: BTreeMap::new(),
            done_us: 0,
        };
        lan.with_round_trips(move |_, _| 2 * delay_us)
    }

    fn with_round_trips(mut self, round_trip_us: impl Fn(usize, usize) -> u64) -> Self {
        for a in 0..self.devices.len() {
            for b in (0..self.devices.len()).filter(|b| *b != a) {
                self.devices[a].picker.joined(device_id(b), 0);
                self.devices[a].picker.measured(device_id(b), round_trip_us(a, b).max(1));
                self.connections
                    .insert((a, b), Connection { window: FIRST_WINDOW, ceiling: f64::MAX, ..Connection::default() });
            }
        }
        self
    }

    /// A device that takes requests and never answers, and asks for nothing.
    pub(super) fn mute(mut self, device: usize) -> Self {
        self.devices[device].is_mute = true;
        self
    }

    /// A device whose pieces do not verify.
    pub(super) fn lie(mut self, device: usize) -> Self {
        self.devices[device].is_liar = true;
        self
    }

    /// So many photos of so many pieces, one `every_us` after another, by whoever `author` says.
    pub(super) fn shots(mut self, photos: u8, pieces: u32, every_us: u64, author: impl Fn(u8) -> usize) -> Self {
        for photo in 0..photos {
            let at_us = u64::from(photo) * every_us;
            self.photos.insert(photo, Photo { author: author(photo), original_pieces: pieces });
            self.shot_us.insert(photo, at_us);
            // An import asks for no quiet while it is read.
            if every_us > INGEST_US {
                self.at(at_us, Event::Shutter { author: author(photo) });
            }
            self.at(at_us + INGEST_US, Event::Shot { author: author(photo), photo });
        }
        self
    }

    /// A device plays these at a time, from a piece of the first on.
    pub(super) fn seeks(mut self, device: usize, at_us: u64, photos: Vec<u8>, piece: u32) -> Self {
        self.at(at_us, Event::Seek { device, photos, piece });
        self
    }

    pub(super) fn run(mut self) -> Self {
        while self.now_us <= TIMEOUT_US && !self.all_complete() {
            let now_ms = self.now_us / 1_000;
            for n in 0..self.devices.len() {
                if self.devices[n].is_touched || self.devices[n].due_ms <= now_ms {
                    self.decide(n, now_ms);
                }
            }
            self.pump(now_ms);
            let due_us = self.devices.iter().map(|device| device.due_ms * 1_000).min().unwrap_or(u64::MAX);
            let event_us = self.events.first_key_value().map(|(&(at_us, _), _)| at_us);
            self.now_us = event_us.map_or(due_us, |event_us| event_us.min(due_us)).max(self.now_us);
            while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= self.now_us) {
                let event = entry.remove();
                self.take(event);
            }
        }
        self.done_us = self.now_us;
        self
    }

    fn at(&mut self, at_us: u64, event: Event) {
        self.next += 1;
        self.events.insert((at_us, self.next), event);
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Hop(step) => self.hop(step),
            Event::Acknowledged(ends, bytes) => {
                let connection = self.connections.get_mut(&ends).unwrap();
                connection.in_flight -= bytes;
                let grows = if connection.window < connection.ceiling {
                    1.0
                } else {
                    2.0 * STEP_BYTES as f64 / connection.window
                };
                connection.window += bytes as f64 * grows;
            }
            Event::Shutter { author } => self.hush(author, EARLY_QUIET_MS),
            Event::Shot { author, photo } => self.shoot(author, photo),
            Event::Seek { device, photos, piece } => {
                let segments: Vec<BlobId> = photos.into_iter().map(|photo| id(photo, 2)).collect();
                self.devices[device].picker.play(&segments, piece);
                self.devices[device].is_touched = true;
            }
        }
    }

    /// What the author's device does: announces, with the grid preview, and asks for quiet meanwhile.
    fn shoot(&mut self, author: usize, photo: u8) {
        let pieces = self.photos[&photo].original_pieces;
        let device = &mut self.devices[author];
        device.known.insert(photo);
        for (part, pieces) in [(0, 1), (1, screen_pieces()), (2, pieces)] {
            device.held.insert(id(photo, part), super::group::first(pieces));
        }
        self.hush(author, QUIET_MS);
        for to in (0..self.devices.len()).filter(|to| *to != author) {
            self.send(
                author,
                to,
                Stream { lane: Lane::Now, ticket: None, left: GRID_BYTES, payload: Payload::Offer { photo } },
            );
        }
        self.hush(author, 0);
    }

    fn hush(&mut self, by: usize, for_ms: u64) {
        let device = &mut self.devices[by];
        device.budget.hush(device_id(by), for_ms, self.now_us / 1_000);
        device.picker.hush(device_id(by), for_ms, self.now_us / 1_000);
        for to in (0..self.devices.len()).filter(|to| *to != by) {
            self.say(by, to, Request::Hush { for_ms: for_ms as u32 });
        }
    }

    fn decide(&mut self, n: usize, now_ms: u64) {
        self.devices[n].is_touched = false;
        if self.devices[n].is_mute {
            self.devices[n].due_ms = u64::MAX / 1_000;
            return;
        }
        for request in self.devices[n].announcer.take(now_ms) {
            for to in (0..self.devices.len()).filter(|to| *to != n) {
                self.say(n, to, request.clone());
            }
        }
        for action in self.devices[n].picker.assign(now_ms) {
            match action {
                Action::Ask(ask) => {
                    let to = usize::from(ask.peer.0[0]);
                    self.send(
                        n,
                        to,
                        Stream { lane: Lane::Now, ticket: None, left: WORD_BYTES, payload: Payload::Ask(ask) },
                    );
                }
                Action::Cancel(ticket) => {
                    for from in 0..self.devices.len() {
                        if let Some(connection) = self.connections.get_mut(&(from, n)) {
                            connection.streams.retain(|stream| stream.ticket != Some(ticket));
                        }
                    }
                }
            }
        }
        let device = &mut self.devices[n];
        let dues = [device.picker.next_wake_ms(now_ms), device.announcer.due_ms()];
        device.due_ms = dues.into_iter().flatten().min().unwrap_or(u64::MAX / 1_000).max(now_ms + 1);
    }

    fn say(&mut self, from: usize, to: usize, request: Request) {
        self.send(
            from,
            to,
            Stream { lane: Lane::Now, ticket: None, left: WORD_BYTES, payload: Payload::Word(request) },
        );
    }

    fn send(&mut self, from: usize, to: usize, stream: Stream) {
        self.connections.get_mut(&(from, to)).unwrap().streams.push(stream);
    }

    /// Lets every connection send what its window and its device's budget allow.
    fn pump(&mut self, now_ms: u64) {
        let open = |connection: &Connection| !connection.streams.is_empty();
        let ends: Vec<Ends> = self.connections.iter().filter(|(_, one)| open(one)).map(|(ends, _)| *ends).collect();
        for ends in ends {
            while let Some(step) = self.next_step(ends, now_ms) {
                self.hop(step);
            }
        }
    }

    fn next_step(&mut self, ends: Ends, now_ms: u64) -> Option<Step> {
        let budget = &self.devices[ends.0].budget;
        let connection = self.connections.get_mut(&ends).unwrap();
        if connection.in_flight > 0 && connection.in_flight as f64 + STEP_BYTES as f64 > connection.window {
            return None;
        }
        let count = connection.streams.len();
        // The pieces that one request asks for follow each other.
        let follows = |n: usize| {
            let ticket = connection.streams[n].ticket;
            ticket.is_some() && connection.streams[..n].iter().any(|before| before.ticket == ticket)
        };
        let may = |n: &usize| budget.may_write(connection.streams[*n].lane, now_ms).is_ok() && !follows(*n);
        let lane =
            |n: &usize| (connection.streams[*n].lane, (n + count - connection.turn % count.max(1)) % count.max(1));
        let chosen = (0..count).filter(may).min_by_key(lane)?;
        connection.turn = chosen + 1;
        let stream = &mut connection.streams[chosen];
        let bytes = stream.left.min(STEP_BYTES);
        stream.left -= bytes;
        let ends_with = (stream.left == 0).then(|| connection.streams.remove(chosen).payload);
        connection.in_flight += bytes;
        Some(Step { ends, bytes, ends_with, hop: 0 })
    }

    fn hop(&mut self, step: Step) {
        let way = (self.route)(step.ends.0, step.ends.1);
        let Some((line, turns)) = way.get(step.hop).copied() else { return self.delivered(step) };
        let line = &mut self.lines[line];
        let connection = self.connections.get_mut(&step.ends).unwrap();
        if line.free_us > self.now_us + QUEUE_US {
            if self.now_us >= connection.lost_us + QUEUE_US {
                connection.lost_us = self.now_us;
                connection.window = (connection.window * 0.7).max(FIRST_WINDOW);
                connection.ceiling = connection.window;
            }
            let again_us = self.now_us + 20_000;
            return self.at(again_us, Event::Hop(step));
        }
        let on_wire = step.bytes as f64 * WIRE;
        line.carried += on_wire as u64;
        line.free_us = line.free_us.max(self.now_us) + (on_wire * turns as f64 * 1_000.0 / line.bytes_per_ms) as u64;
        let is_last = step.hop + 1 == way.len();
        let at_us = line.free_us + if is_last { self.delay_us } else { 0 };
        self.at(at_us, Event::Hop(Step { hop: step.hop + 1, ..step }));
    }

    fn delivered(&mut self, step: Step) {
        let (from, to) = step.ends;
        self.at(self.now_us + self.delay_us, Event::Acknowledged(step.ends, step.bytes));
        let now_ms = self.now_us / 1_000;
        self.devices[to].is_touched |= step.ends_with.is_some();
        match step.ends_with {
            None => {}
            Some(Payload::Ask(ask)) => self.answer(from, to, ask),
            Some(Payload::Word(request)) => self.hear(to, from, request),
            Some(Payload::Offer { photo }) => self.offered(to, photo),
            Some(Payload::NotHere { ticket }) => self.devices[to].picker.ended(ticket, Ended::NotHere, now_ms),
            Some(Payload::Piece { ticket, .. }) if self.devices[from].is_liar => {
                self.lies += 1;
                self.devices[to].picker.ended(ticket, Ended::Lied, now_ms);
            }
            Some(Payload::Piece { ticket, blob, piece, is_last }) => self.arrived(to, ticket, (blob, piece), is_last),
        }
    }

    fn answer(&mut self, asker: usize, holder: usize, ask: Assignment) {
        let device = &self.devices[holder];
        if device.is_mute {
            return;
        }
        let held = device.held.get(&ask.blob).copied().unwrap_or(0);
        let lane = match ask.tier {
            Tier::Grid | Tier::Playing => Lane::Now,
            Tier::Screen | Tier::Manifest => Lane::Soon,
            Tier::Original => Lane::Bulk,
        };
        let mut pieces = ask.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            if held & (1 << piece) == 0 {
                let payload = Payload::NotHere { ticket: ask.ticket };
                return self.send(
                    holder,
                    asker,
                    Stream { lane: Lane::Now, ticket: Some(ask.ticket), left: WORD_BYTES, payload },
                );
            }
            *self.sent.entry((holder, asker, ask.blob.0[1])).or_default() += 1;
            let left = PIECE_BYTES.min(ask.size - u64::from(*piece) * PIECE_BYTES);
            let payload =
                Payload::Piece { ticket: ask.ticket, blob: ask.blob, piece: *piece, is_last: pieces.peek().is_none() };
            self.send(holder, asker, Stream { lane, ticket: Some(ask.ticket), left, payload });
        }
    }

    fn hear(&mut self, n: usize, from: usize, request: Request) {
        let now_ms = self.now_us / 1_000;
        let (device, from) = (&mut self.devices[n], device_id(from));
        match request {
            Request::Have { blobs } => blobs.into_iter().for_each(|blob| device.picker.holds(from, blob, now_ms)),
            Request::HavePieces { holdings } => {
                holdings.into_iter().for_each(|one| device.picker.holds_pieces(from, one.blob, one.pieces, now_ms));
            }
            Request::Hush { for_ms } => {
                device.picker.hush(from, for_ms.into(), now_ms);
                device.budget.hush(from, for_ms.into(), now_ms);
            }
            _ => unreachable!("nothing else is said here"),
        }
    }

    fn offered(&mut self, n: usize, photo: u8) {
        let now_ms = self.now_us / 1_000;
        let Photo { author, original_pieces } = self.photos[&photo];
        self.previews_us.entry((photo, n)).or_insert(self.now_us);
        let device = &mut self.devices[n];
        if device.is_mute || !device.known.insert(photo) {
            return;
        }
        device.held.insert(id(photo, 0), 1);
        device.announcer.completed(id(photo, 0), now_ms);
        let parts = [
            (1, Tier::Screen, SCREEN_BYTES, screen_pieces()),
            (2, Tier::Original, u64::from(original_pieces) * PIECE_BYTES, original_pieces),
        ];
        for (part, tier, size, pieces) in parts {
            let missing = super::group::first(pieces);
            let want = Want {
                blob: id(photo, part),
                size,
                tier,
                sort_ms: photo.into(),
                missing,
                author: Some(device_id(author)),
            };
            device.picker.want(want, now_ms);
        }
    }

    fn arrived(&mut self, n: usize, ticket: u64, (blob, piece): (BlobId, u32), is_last: bool) {
        let now_ms = self.now_us / 1_000;
        let (photo, part) = (blob.0[0], blob.0[1]);
        let pieces = if part == 1 { screen_pieces() } else { self.photos[&photo].original_pieces };
        let device = &mut self.devices[n];
        let held = device.held.entry(blob).or_default();
        self.wasted += usize::from(*held & (1 << piece) != 0);
        *held |= 1 << piece;
        if part == 2 {
            self.came.push((self.now_us / 1_000, n, photo, piece));
        }
        let is_complete = *held == super::group::first(pieces);
        device.picker.arrived(Some(ticket), blob, piece, now_ms);
        if is_last {
            device.picker.ended(ticket, Ended::Complete, now_ms);
        }
        if is_complete {
            device.picker.drop_want(blob);
            device.announcer.completed(blob, now_ms);
        } else if part == 2 {
            device.announcer.arrived(blob, piece, now_ms);
        }
    }

    pub(super) fn all_complete(&self) -> bool {
        let wanted = |device: &Device| self.photos.keys().all(|photo| device.known.contains(photo));
        self.devices.iter().filter(|device| !device.is_mute).all(|device| wanted(device) && device.picker.is_empty())
    }

    /// Pieces of a part that were sent between these.
    pub(super) fn sent(&self, part: u8, counts: impl Fn(usize, usize) -> bool) -> usize {
        let counted = self.sent.iter().filter(|((from, to, of), _)| *of == part && counts(*from, *to));
        counted.map(|(_, pieces)| pieces).sum()
    }

    /// When which pieces of which originals came to a device.
    pub(super) fn came_to(&self, device: usize) -> impl Iterator<Item = (u64, u8, u32)> {
        let here = self.came.iter().filter(move |(_, to, ..)| *to == device);
        here.map(|(at_ms, _, photo, piece)| (*at_ms, *photo, *piece))
    }

    pub(super) fn done_ms(&self) -> u64 {
        self.done_us / 1_000
    }

    /// Bytes that a line has carried.
    pub(super) fn carried(&self, line: usize) -> u64 {
        self.lines[line].carried
    }

    /// From the shutter to each device's preview, in order.
    pub(super) fn preview_delays_ms(&self) -> Vec<u64> {
        let delay = |((photo, _), at_us): (&(u8, usize), &u64)| (at_us - self.shot_us[photo]) / 1_000;
        let mut delays: Vec<u64> = self.previews_us.iter().map(delay).collect();
        delays.sort_unstable();
        delays
    }
}

fn screen_pieces() -> u32 {
    u32::try_from(SCREEN_BYTES.div_ceil(PIECE_BYTES)).unwrap()
}
