//! Fetching what is missing: the picker decides, the network carries, the blob store verifies.
//!
//! What is told while something is being done is handled together: blobs that are complete are noted in one transaction,
//! small ones that one member is asked for travel in one request.

mod carry;
mod manifest;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use glow_blobs::{BlobError, BlobStore};
use glow_model::{BlobId, BlobRef, DeviceId, OperationId};
use glow_store::{BlobWant, StoreError, Tier, WantFilter};
use glow_sync::{
    Frame, Picker, Request,
    picker::{self, Action, Assignment, Ended, Want},
    proximity::Place,
    wire::{BLOBS_PER_REQUEST, Extent, Holding, IDS_PER_REQUEST, PIECE_BYTES},
};
use tokio::sync::mpsc;

use carry::Carrier;
use manifest::{adopt_manifest, read_manifest};

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{
        announce::{self, News},
        policy,
    },
};

/// Wants known to the picker at once; more are read from the store when these get few.
const WINDOW: usize = 2_000;
/// So many originals at once are not of this moment: it is asked who has them.
const MANY: usize = 4;
/// With so much missing this device catches up: nobody waits for word of each of its previews.
const RUSH: usize = 200;
/// The store is asked at most so often what is missing, while there is enough to do.
const REFRESH_EVERY: Duration = Duration::from_millis(200);
/// Free space below which originals wait, and the part of the disk.
const LOW_DISK_BYTES: u64 = 500 * 1024 * 1024;
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
    /// A blob is complete.
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
        disk_low: false,
        carriers: BTreeMap::new(),
        finished: Vec::new(),
        is_stale: false,
        refreshed: None,
        wished: None,
        news,
    };
    let mut disk_checked = Instant::now();
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
        if disk_checked.elapsed() >= DISK_CHECK {
            fetcher.check_disk().await;
            disk_checked = Instant::now();
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
        let now_ms = now_ms();
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

    /// Whether there is soon nothing to do.
    fn is_few(&self) -> bool {
        self.picker.len() < WINDOW / 4
    }

    async fn handle(&mut self, input: FetchInput) {
        match input {
            FetchInput::Refresh => self.is_stale = true,
            FetchInput::Joined(device) => self.joined(device),
            FetchInput::Left(device) => self.picker.left(device),
            FetchInput::Holds(device, blobs) => {
                blobs.into_iter().for_each(|blob| self.picker.holds(device, blob, now_ms()));
            }
            FetchInput::HoldsPieces(device, holdings) => {
                for Holding { blob, pieces } in holdings {
                    self.picker.holds_pieces(device, blob, pieces, now_ms());
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
            FetchInput::Hush(device, for_ms) => self.picker.hush(device, for_ms, now_ms()),
            FetchInput::Arrived(ticket, blob, piece) => self.arrived(ticket, blob, piece),
            FetchInput::Completed(blob) => self.finished.push(blob),
            FetchInput::Ended(ticket, how) => {
                self.carriers.remove(&ticket);
                self.picker.ended(ticket, how, now_ms());
            }
            FetchInput::DiskFull => self.set_disk_low(true),
            FetchInput::Rethink => self.rethink().await,
            FetchInput::Play(played) => self.play(played).await,
        }
    }

    /// Reads what is missing from the store, newest and smallest first.
    async fn refresh(&mut self) {
        let group = self.group.clone();
        (self.is_stale, self.refreshed) = (false, Some(Instant::now()));
        let known: BTreeSet<BlobId> = self.picker.wanted().map(|(blob, _)| blob).collect();
        let disk_low = self.disk_low;
        let wants = blocking(move || {
            let mut wants = policy::wants(&group, WINDOW)?;
            let more = wants.len() == WINDOW;
            wants.retain(|want| !(known.contains(&want.blob.id) || disk_low && is_bulk(want.tier)));
            for want in wants.iter().filter(|want| want.tier == Tier::Manifest) {
                adopt_manifest(&group, want)?;
            }
            let wants = wants.into_iter().map(|want| (missing(&group.blobs, &want.blob), want));
            Ok::<_, StoreError>((wants.collect::<Vec<_>>(), more))
        })
        .await;
        let Ok((wants, more)) = wants else { return };
        self.more = more;
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
            self.picker.want(wanted, now_ms());
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
    async fn obey(&mut self) {
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

    async fn rethink(&mut self) {
        for blob in std::mem::take(&mut self.purposes).into_keys() {
            self.picker.drop_want(blob);
        }
        self.refresh().await;
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
            self.picker.want(Want { blob, size, tier, sort_ms, missing, author: holder }, now_ms());
            match holder {
                Some(holder) => self.picker.holds(holder, blob, now_ms()),
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
        for action in self.picker.assign(now_ms()) {
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
        self.picker.joined(device, now_ms());
        let wanted = self.picker.wanted().take(IDS_PER_REQUEST);
        let blobs: Vec<Extent> = wanted.map(|(blob, size)| Extent { blob, size }).collect();
        if !blobs.is_empty() {
            self.group.tasks.spawn(ask_bitfields(self.group.clone(), device, blobs));
        }
    }

    fn arrived(&mut self, ticket: Option<u64>, blob: BlobId, piece: u32) {
        self.picker.arrived(ticket, blob, piece, now_ms());
        if self.purposes.get(&blob).is_some_and(|want| is_bulk(want.tier)) {
            // Full: whoever asks is told.
            let _ = self.news.try_send(News::Piece(blob, piece));
        }
    }

    /// Notes all that is complete, in one transaction, and tells of it.
    async fn finish(&mut self) {
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
            Ok((moments, held)) => {
                self.group.bus.media_changed(self.group.id, &moments);
                let is_rush = self.picker.len() >= RUSH;
                for want in held.iter().filter(|want| !is_rush || want.tier != Tier::Grid) {
                    // Full: whoever asks is told.
                    let _ = self.news.try_send(News::Whole(want.blob.id));
                }
            }
            Err(error) => tracing::warn!(%error, "complete blobs"),
        }
        if is_grid {
            self.group.looks.notify_one();
        }
        self.more |= is_manifest;
        if self.picker.is_empty() && !self.more {
            self.group.bus.send(glow_api::Event::GroupsChanged);
        }
    }

    async fn check_disk(&mut self) {
        let group = self.group.clone();
        let free = blocking(move || Ok::<_, BlobError>(group.blobs.free_bytes())).await.ok().flatten();
        let was_low = self.disk_low;
        self.set_disk_low(free.is_some_and(|free| free < LOW_DISK_BYTES));
        if was_low && !self.disk_low {
            self.refresh().await;
        }
    }

    /// Holds originals back while the disk is nearly full; previews go on.
    fn set_disk_low(&mut self, low: bool) {
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

/// Notes that blobs are complete, manifests after they were read. Answers the moments that name them, and what was noted.
fn note_held(group: &Group, done: Vec<BlobWant>) -> ApiResult<(Vec<OperationId>, Vec<BlobWant>)> {
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
    Ok((moments, noted))
}

/// Notes a blob that a bundle completed, as if it had been fetched: whoever is asked for it has it from now on.
pub(crate) async fn carried(group: &Arc<Group>, blob: BlobId) -> ApiResult<()> {
    let this = group.clone();
    let (moments, is_grid) = blocking(move || {
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
    group.tell_fetch(FetchInput::Completed(blob)).await;
    Ok(())
}

fn chunks(device: DeviceId, blobs: &[Extent]) -> impl Iterator<Item = (DeviceId, Vec<Extent>)> {
    blobs.chunks(IDS_PER_REQUEST).map(move |blobs| (device, blobs.to_vec()))
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

/// The pieces of a blob that are not here, one bit each.
fn missing(blobs: &BlobStore, blob: &BlobRef) -> u32 {
    let pieces = blobs.missing_pieces(blob.id, blob.size).into_iter();
    pieces.fold(0, |all, piece| all | 1_u32.checked_shl(piece).unwrap_or(0))
}

fn is_bulk(tier: Tier) -> bool {
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
