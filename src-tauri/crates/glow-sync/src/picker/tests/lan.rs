//! Whole devices on a LAN, in virtual time: pickers, announcers and budgets, and bytes that take turns on lines and channels.
//!
//! A connection sends in steps, as many as its window allows, which grows until a queue is full. A step waits at each line of
//! its way for what came before it. What is asked, told and pushed takes the same way as what is bulk.

mod air;
mod device;

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
