//! Fetching what is missing: the picker decides, the network carries, the blob store verifies.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use glow_blobs::{BlobError, BlobStore, PieceOutcome};
use glow_model::{BlobId, BlobRef, DeviceId, Original, Segments, blob::encode_manifest};
use glow_store::{BlobWant, StoreError, Tier};
use glow_sync::{
    Frame, Picker, Request,
    picker::{self, Action, Assignment, Ended, Want},
    wire::{Extent, Holding, IDS_PER_REQUEST, Lane},
};
use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{announce::News, policy},
};

/// Wants known to the picker at once; more are read from the store when these get few.
const WINDOW: usize = 2_000;
/// So many originals at once are not of this moment: it is asked who has them.
const MANY: usize = 4;
/// Free space below which originals wait, and the part of the disk.
const LOW_DISK_BYTES: u64 = 500 * 1024 * 1024;
/// How often free space is looked at while something is missing.
const DISK_CHECK: Duration = Duration::from_secs(10);

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
    /// A round trip to a member was measured.
    Measured(DeviceId, Duration),
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
    /// What carries out the requests that are on their way.
    carriers: BTreeMap<u64, AbortHandle>,
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
        if disk_checked.elapsed() >= DISK_CHECK {
            fetcher.check_disk().await;
            disk_checked = Instant::now();
        }
        if fetcher.more && fetcher.picker.len() < WINDOW / 4 {
            fetcher.refresh().await;
        }
        fetcher.assign();
    }
}

impl Fetcher {
    fn wait(&self) -> Duration {
        let now_ms = now_ms();
        let wake_ms = self.picker.next_wake_ms(now_ms).map(|at_ms| at_ms.saturating_sub(now_ms) + 1);
        DISK_CHECK.min(Duration::from_millis(wake_ms.unwrap_or(u64::MAX)))
    }

    async fn handle(&mut self, input: FetchInput) {
        match input {
            FetchInput::Refresh => self.refresh().await,
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
            FetchInput::Measured(device, round_trip) => {
                self.picker.measured(device, u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX));
            }
            FetchInput::Hush(device, for_ms) => self.picker.hush(device, for_ms, now_ms()),
            FetchInput::Arrived(ticket, blob, piece) => self.arrived(ticket, blob, piece),
            FetchInput::Completed(blob) => self.completed(blob).await,
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
        let wants = blocking(move || {
            let wants = policy::wants(&group, WINDOW)?;
            for want in wants.iter().filter(|want| want.tier == Tier::Manifest) {
                adopt_manifest(&group, want)?;
            }
            Ok::<_, StoreError>(
                wants.into_iter().map(|want| (missing(&group.blobs, &want.blob), want)).collect::<Vec<_>>(),
            )
        })
        .await;
        let Ok(wants) = wants else { return };
        self.more = wants.len() == WINDOW;
        let mut unheard_of = Vec::new();
        for (missing, want) in wants {
            if missing == 0 {
                self.purposes.insert(want.blob.id, want.clone());
                self.completed(want.blob.id).await;
                continue;
            }
            if self.picker.is_wanted(want.blob.id) || (self.disk_low && is_bulk(want.tier)) {
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
        for action in self.picker.assign(now_ms()) {
            match action {
                Action::Ask(assignment) => {
                    let ticket = assignment.ticket;
                    let carrier = self.group.tasks.spawn(carry_out(self.group.clone(), assignment));
                    self.carriers.insert(ticket, carrier.abort_handle());
                }
                Action::Cancel(ticket) => {
                    if let Some(carrier) = self.carriers.remove(&ticket) {
                        carrier.abort();
                    }
                }
            }
        }
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

    async fn completed(&mut self, blob: BlobId) {
        self.picker.drop_want(blob);
        let Some(want) = self.purposes.remove(&blob) else {
            return;
        };
        let group = self.group.clone();
        let (is_manifest, is_grid) = (want.tier == Tier::Manifest, want.tier == Tier::Grid);
        let result = blocking(move || {
            if is_manifest {
                read_manifest(&group, &want)?;
            }
            group.store.blob_held(blob, true).map_err(IntoApi::into_api)
        })
        .await;
        match result {
            Ok(moments) => {
                self.group.bus.media_changed(self.group.id, &moments);
                if is_grid {
                    self.group.looks.notify_one();
                }
            }
            Err(error) => tracing::warn!(?blob, %error, "complete blob"),
        }
        if is_manifest {
            self.more = true;
        }
        let _ = self.news.try_send(News::Whole(blob));
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

/// Sends one request and stores what comes. Ends with exactly one [`FetchInput::Ended`].
async fn carry_out(group: Arc<Group>, assignment: Assignment) {
    let ticket = assignment.ticket;
    let how = tokio::select! {
        () = group.stop.cancelled() => return,
        how = receive(&group, assignment) => how,
    };
    group.tell_fetch(FetchInput::Ended(ticket, how)).await;
}

async fn receive(group: &Arc<Group>, assignment: Assignment) -> Ended {
    let Some(net) = group.net() else {
        return Ended::Broken;
    };
    let Assignment { ticket, peer, blob, size, pieces, tier } = assignment;
    let request = Request::Pieces { blob, size, pieces: pieces.clone(), lane: lane(tier) };
    let Ok(mut answers) = net.request(peer, request).await else {
        return Ended::Broken;
    };
    for wanted in pieces {
        let slice = match answers.next().await {
            Some(Ok(Frame::Piece { piece, slice })) if piece == wanted => slice,
            Some(Ok(Frame::NotHere)) => return Ended::NotHere,
            Some(Ok(_)) => return Ended::Lied,
            Some(Err(_)) | None => return Ended::Broken,
        };
        group.meter.came(peer, slice.len());
        let this = group.clone();
        let outcome = tokio::task::spawn_blocking(move || this.blobs.accept_piece(blob, size, wanted, &slice)).await;
        match outcome {
            Ok(Ok(outcome)) => {
                group.arrived();
                group.tell_fetch(FetchInput::Arrived(Some(ticket), blob, wanted)).await;
                if outcome == PieceOutcome::Completed {
                    group.tell_fetch(FetchInput::Completed(blob)).await;
                    return Ended::Complete;
                }
            }
            Ok(Err(BlobError::Lie)) => {
                tracing::warn!(?peer, ?blob, "a piece did not verify");
                return Ended::Lied;
            }
            Ok(Err(BlobError::DiskFull)) => {
                group.tell_fetch(FetchInput::DiskFull).await;
                return Ended::Broken;
            }
            Ok(Err(error)) => {
                tracing::warn!(?blob, %error, "piece");
                return Ended::Broken;
            }
            Err(_) => return Ended::Broken,
        }
    }
    Ended::Complete
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

/// Makes the manifest of a clip that was watched to its end from the records of its fragments: it need not be sent.
fn adopt_manifest(group: &Group, want: &BlobWant) -> Result<(), StoreError> {
    if group.store.clip(want.moment)?.is_none_or(|clip| clip.fragments == 0) {
        return Ok(());
    }
    let bytes = encode_manifest(&group.store.segments(want.moment, want.part)?);
    let secret = &group.secrets().secret;
    if BlobRef::seal(secret, &mut bytes.clone()).id == want.blob.id
        && let Err(error) = group.blobs.import(secret, bytes)
    {
        tracing::debug!(%error, "manifest");
    }
    Ok(())
}

/// Opens a manifest and tells the store which segments it names. A manifest that does not add up names none.
fn read_manifest(group: &Group, want: &BlobWant) -> ApiResult<()> {
    let bytes = group.blobs.read(&want.blob).map_err(IntoApi::into_api)?;
    let Some(row) = group.store.moment(want.moment).map_err(IntoApi::into_api)? else {
        return Ok(());
    };
    let part = match want.part {
        glow_store::Part::Motion => row.motion,
        _ => row.original,
    };
    let size = part.map_or(0, |part| part.size_bytes);
    let original = Original { media_type: row.media_type, size, segments: Segments::Manifest(want.blob.clone()) };
    let segments: Vec<BlobRef> = match original.read_manifest(&bytes) {
        Ok(segments) => segments,
        Err(error) => {
            tracing::warn!(moment = %want.moment, %error, "manifest");
            return Ok(());
        }
    };
    group.store.manifest_read(want.moment, want.part, &segments).map_err(IntoApi::into_api)?;
    if want.part == glow_store::Part::Original {
        let holdings: Vec<_> = segments.iter().map(|segment| (segment.id, row.author, true)).collect();
        group.store.holders(&holdings).map_err(IntoApi::into_api)?;
    }
    Ok(())
}

fn is_bulk(tier: Tier) -> bool {
    matches!(tier, Tier::Original | Tier::Motion)
}

/// How much it matters when what is fetched comes.
fn lane(tier: picker::Tier) -> Lane {
    match tier {
        picker::Tier::Grid | picker::Tier::Playing => Lane::Now,
        picker::Tier::Screen | picker::Tier::Manifest => Lane::Soon,
        picker::Tier::Original => Lane::Bulk,
    }
}

fn tier(tier: Tier) -> picker::Tier {
    match tier {
        Tier::Grid => picker::Tier::Grid,
        Tier::Screen => picker::Tier::Screen,
        Tier::Manifest => picker::Tier::Manifest,
        Tier::Original | Tier::Motion => picker::Tier::Original,
    }
}
