//! Fetching what is missing: the picker decides, the network carries, the blob store verifies.
//!
//! What is told while something is being done is handled together: blobs that are complete are noted in one transaction,
//! small ones that one member is asked for travel in one request.

mod carry;
mod complete;
mod manifest;
mod wishes;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use glow_blobs::BlobError;
use glow_model::{BlobId, DeviceId};
use glow_store::{BlobWant, StoreError, WantFilter};
use glow_sync::{
    Frame, Picker, Request,
    picker::{self, Action, Assignment, Ended, Want},
    proximity::Place,
    wire::{BLOBS_PER_REQUEST, Extent, Holding, IDS_PER_REQUEST, PIECE_BYTES},
};
use tokio::sync::mpsc;

use carry::Carrier;
pub(crate) use complete::carried;
use wishes::{is_bulk, missing};

use crate::{
    clock::{elapsed_ms, random},
    error::blocking,
    group::Group,
    pipeline::{
        announce::{self, News},
        policy,
    },
};

/// Wants known to the picker at once; more are read from the store when these get few.
const WINDOW: usize = 2_000;
/// The store is asked at most so often what is missing, while there is enough to do.
const REFRESH_EVERY: Duration = Duration::from_millis(200);
/// How often free space and power are looked at, and how often the quota while something comes.
const DISK_CHECK: Duration = Duration::from_secs(10);
const QUOTA_CHECK: Duration = Duration::from_secs(1);

/// What the fetching task is told.
pub(crate) enum FetchInput {
    /// Something new may be missing.
    Refresh,
    /// A member is connected.
    Joined(DeviceId),
    /// A member is gone.
    Left(DeviceId),
    /// A member says that it holds these.
    Holds(DeviceId, Vec<BlobId>),
    /// A member says which pieces it holds.
    HoldsPieces(DeviceId, Vec<Holding>),
    /// The way to a member was measured.
    Measured {
        /// The member.
        device: DeviceId,
        /// How long a round trip takes.
        round_trip: Duration,
        /// What its connection carries in bytes a second.
        goodput_bps: Option<u64>,
        /// Where it is.
        place: Place,
    },
    /// This device is a member's hotspot, it says.
    Hosts(DeviceId),
    /// A member asks for quiet, for so many milliseconds.
    Hush(DeviceId, u64),
    /// A verified piece is stored: the answer to a request, or nobody's.
    Arrived(Option<u64>, BlobId, u32),
    /// A blob that came otherwise is complete.
    Completed(BlobId),
    /// Somebody waits for these, in this order, or they belong to a clip that is being recorded.
    Play(Vec<Played>),
    /// A request ended.
    Ended(u64, Ended),
    /// The disk is full.
    DiskFull,
    /// The owner of this device has other wishes: what is wanted is read anew.
    Rethink,
}

/// A blob that is played, or will be.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    /// What it is for.
    pub(crate) want: BlobWant,
    /// Its place among the segments that are played: earlier ones come first.
    pub(crate) place: u32,
    /// The piece that is needed first.
    pub(crate) from_piece: u32,
    /// Who is known to hold it.
    pub(crate) holder: Option<DeviceId>,
}

struct Fetcher {
    group: Arc<Group>,
    picker: Picker,
    /// What each wanted blob is for.
    purposes: BTreeMap<BlobId, BlobWant>,
    /// Whether the store has more wants than the window holds.
    more: bool,
    /// The last tier that the window reached: of what comes later in the order the picker may know something all the same.
    reached: picker::Tier,
    disk_low: bool,
    /// What carries out the requests that are on their way; several may share one.
    carriers: BTreeMap<u64, Arc<Carrier>>,
    /// Complete blobs that are not noted yet.
    finished: Vec<BlobId>,
    /// Whether something may be missing that the picker does not know of.
    is_stale: bool,
    refreshed: Option<Instant>,
    /// The wishes as they held when they were looked at last.
    wished: Option<(WantFilter, Instant)>,
    news: mpsc::Sender<News>,
}

/// Runs until the group is closed.
pub(crate) async fn run(group: Arc<Group>, mut inputs: mpsc::Receiver<FetchInput>, news: mpsc::Sender<News>) {
    let mut fetcher = Fetcher {
        group: group.clone(),
        picker: Picker::new(group.me, u64::from_ne_bytes(random())),
        purposes: BTreeMap::new(),
        more: false,
        reached: picker::Tier::Original,
        disk_low: false,
        carriers: BTreeMap::new(),
        finished: Vec::new(),
        is_stale: false,
        refreshed: None,
        wished: None,
        news,
    };
    let mut disk_checked: Option<Instant> = None;
    loop {
        let wait = fetcher.wait();
        let input = tokio::select! {
            biased;
            () = group.stop.cancelled() => return,
            input = tokio::time::timeout(wait, inputs.recv()) => input,
        };
        match input {
            Ok(None) => return,
            Ok(Some(input)) => {
                fetcher.handle(input).await;
                // Whatever else is there already is handled before the next assignments are made.
                while let Ok(input) = inputs.try_recv() {
                    fetcher.handle(input).await;
                }
            }
            Err(_) => {}
        }
        fetcher.finish().await;
        if disk_checked.is_none_or(|checked| checked.elapsed() >= DISK_CHECK) {
            fetcher.check_disk().await;
            disk_checked = Some(Instant::now());
        }
        fetcher.obey().await;
        if fetcher.is_refresh_due() {
            fetcher.refresh().await;
            fetcher.finish().await;
        }
        fetcher.assign();
    }
}

impl Fetcher {
    fn wait(&self) -> Duration {
        let now_ms = elapsed_ms();
        let wake_ms = self.picker.next_wake_ms(now_ms).map(|at_ms| at_ms.saturating_sub(now_ms) + 1);
        let refreshes = self.is_stale || self.more && self.is_few();
        let refresh = if refreshes { REFRESH_EVERY } else { DISK_CHECK };
        let look = if self.picker.is_empty() { DISK_CHECK } else { QUOTA_CHECK };
        look.min(refresh).min(Duration::from_millis(wake_ms.unwrap_or(u64::MAX)))
    }

    /// Whether the store is to be asked what is missing: at once while there is little to do, else now and then.
    fn is_refresh_due(&self) -> bool {
        let is_long_ago = self.refreshed.is_none_or(|at| at.elapsed() >= REFRESH_EVERY);
        if self.is_stale { self.is_few() || is_long_ago } else { self.more && self.is_few() && is_long_ago }
    }

    /// Whether there is soon nothing to do, or only what comes after more that the store has.
    fn is_few(&self) -> bool {
        !self.picker.has_many(WINDOW / 4, self.reached)
    }

    async fn handle(&mut self, input: FetchInput) {
        match input {
            FetchInput::Refresh => self.is_stale = true,
            FetchInput::Joined(device) => self.joined(device),
            FetchInput::Left(device) => self.picker.left(device),
            FetchInput::Holds(device, blobs) => {
                blobs.into_iter().for_each(|blob| self.picker.holds(device, blob, elapsed_ms()));
            }
            FetchInput::HoldsPieces(device, holdings) => {
                for Holding { blob, pieces } in holdings {
                    self.picker.holds_pieces(device, blob, pieces, elapsed_ms());
                }
            }
            FetchInput::Measured { device, round_trip, goodput_bps, place } => {
                self.picker.measured(device, u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX));
                if self.picker.located(device, place, goodput_bps) {
                    let said = announce::say(self.group.clone(), device, Request::Station);
                    self.group.tasks.spawn(said);
                }
            }
            FetchInput::Hosts(station) => self.picker.hosts(station),
            FetchInput::Hush(device, for_ms) => self.picker.hush(device, for_ms, elapsed_ms()),
            FetchInput::Arrived(ticket, blob, piece) => self.arrived(ticket, blob, piece),
            FetchInput::Completed(blob) => self.finished.push(blob),
            FetchInput::Ended(ticket, how) => {
                self.carriers.remove(&ticket);
                self.picker.ended(ticket, how, elapsed_ms());
            }
            FetchInput::DiskFull => self.set_disk_low(true),
            FetchInput::Rethink => self.rethink().await,
            FetchInput::Play(played) => self.play(played).await,
        }
    }

    /// Puts what is played in front of all bulk: fragments of a recording as they are made, and what somebody watches.
    async fn play(&mut self, played: Vec<Played>) {
        if self.disk_low {
            return;
        }
        // What is being recorded comes as the wishes say; what somebody watches comes whatever they say.
        let group = self.group.clone();
        let Ok(filter) = blocking(move || Ok::<_, StoreError>(policy::filter(&group))).await else { return };
        let played = played.into_iter().filter(|one| one.holder.is_none() || filter.clips);
        let (mut watched, mut first) = (Vec::new(), None);
        for Played { want, place, from_piece, holder } in played {
            let (group, blob) = (self.group.clone(), want.blob.clone());
            let missing = blocking(move || Ok::<_, BlobError>(missing(&group.blobs, &blob))).await;
            let Ok(missing) = missing else { return };
            if missing == 0 {
                continue;
            }
            let (blob, size) = (want.blob.id, want.blob.size);
            let (tier, sort_ms) = match holder {
                Some(_) => (picker::Tier::Playing, u64::MAX - u64::from(place)),
                None => (picker::Tier::Original, want.sort_ms),
            };
            self.picker.want(Want { blob, size, tier, sort_ms, missing, author: holder }, elapsed_ms());
            match holder {
                Some(holder) => self.picker.holds(holder, blob, elapsed_ms()),
                None => {
                    first.get_or_insert(from_piece);
                    watched.push(blob);
                }
            }
            self.purposes.insert(blob, want);
        }
        if let Some(piece) = first {
            self.picker.play(&watched, piece);
        }
    }

    fn assign(&mut self) {
        let mut small: BTreeMap<DeviceId, Vec<Assignment>> = BTreeMap::new();
        for action in self.picker.assign(elapsed_ms()) {
            match action {
                Action::Ask(ask) if self.travels_with_others(&ask) => {
                    small.entry(ask.peer).or_default().push(ask);
                }
                Action::Ask(ask) => self.send(vec![ask]),
                Action::Cancel(ticket) => drop(self.carriers.remove(&ticket)),
            }
        }
        for asks in small.into_values() {
            for asks in asks.chunks(BLOBS_PER_REQUEST) {
                self.send(asks.to_vec());
            }
        }
    }

    /// Previews travel many together; of one that was begun only the rest is asked for, alone.
    fn travels_with_others(&self, ask: &Assignment) -> bool {
        let is_small = ask.tier == picker::Tier::Grid && ask.size <= PIECE_BYTES;
        is_small && self.group.blobs.begun(ask.blob, ask.size, 0) == 0
    }

    /// Sends one request for what one member is asked for.
    fn send(&mut self, asks: Vec<Assignment>) {
        let tickets: Vec<u64> = asks.iter().map(|ask| ask.ticket).collect();
        let task = self.group.tasks.spawn(carry::carry_out(self.group.clone(), asks));
        let carrier = Arc::new(Carrier(task.abort_handle()));
        self.carriers.extend(tickets.into_iter().map(|ticket| (ticket, carrier.clone())));
    }

    /// A member came: which pieces has it of what is missing here?
    fn joined(&mut self, device: DeviceId) {
        self.picker.joined(device, elapsed_ms());
        let wanted = self.picker.wanted().take(IDS_PER_REQUEST);
        let blobs: Vec<Extent> = wanted.map(|(blob, size)| Extent { blob, size }).collect();
        if !blobs.is_empty() {
            self.group.tasks.spawn(ask_bitfields(self.group.clone(), device, blobs));
        }
    }

    fn arrived(&mut self, ticket: Option<u64>, blob: BlobId, piece: u32) {
        self.picker.arrived(ticket, blob, piece, elapsed_ms());
        // Whichever of two that brought the same was first: all is here when nothing is missing.
        if self.picker.has_all(blob) {
            self.finished.push(blob);
        }
        if self.purposes.get(&blob).is_some_and(|want| is_bulk(want.tier)) {
            // Full: whoever asks is told.
            let _ = self.news.try_send(News::Piece(blob, piece));
        }
    }
}

/// Asks a member which pieces it holds of what is missing here.
async fn ask_bitfields(group: Arc<Group>, device: DeviceId, blobs: Vec<Extent>) {
    let Some(net) = group.net() else { return };
    let Ok(mut answers) = net.request(device, Request::Bitfields { blobs: blobs.clone() }).await else { return };
    let Some(Ok(Frame::Bitfields(bitfields))) = answers.next().await else { return };
    let holdings = blobs.into_iter().zip(bitfields).filter(|(_, pieces)| *pieces != 0);
    let holdings = holdings.map(|(extent, pieces)| Holding { blob: extent.blob, pieces }).collect();
    group.tell_fetch(FetchInput::HoldsPieces(device, holdings)).await;
}
