//! One request on its way: what comes is proved as it comes, and written while the next is read.
//!
//! A member that lies is found out at the first group of 16 KiB that is wrong, and read no further. What was right before that
//! is kept: only the rest is asked of another.

use std::{collections::BTreeSet, pin::pin, sync::Arc};

use glow_blobs::{BlobError, Checked, Checker, PieceOutcome};
use glow_model::{BlobId, DeviceId};
use glow_net::{Answers, Net, NetError};
use glow_sync::{
    Frame, Request,
    picker::{Assignment, Ended, Tier},
    wire::{Extent, Lane, piece_so_far},
};
use tokio::{sync::mpsc, task::AbortHandle};

use super::FetchInput;
use crate::group::Group;

/// Small blobs that may have come and not been written.
const AHEAD: usize = 32;
/// The same of pieces.
const PIECES_AHEAD: usize = 1;

/// Carries requests out; it is ended when nobody waits for any of them.
pub(super) struct Carrier(pub(super) AbortHandle);

impl Drop for Carrier {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A piece that is expected.
#[derive(Debug, Clone, Copy)]
struct Expected {
    ticket: u64,
    blob: BlobId,
    size: u64,
    piece: u32,
    /// Groups at its beginning that are here.
    skip: u8,
}

/// What has come of it, and proved itself.
struct Came {
    expected: Expected,
    checked: Checked,
}

/// Sends one request, for one blob or for several small ones, and stores what comes. Each ticket ends with exactly one
/// [`FetchInput::Ended`].
pub(super) async fn carry_out(group: Arc<Group>, asks: Vec<Assignment>) {
    tokio::select! {
        () = group.stop.cancelled() => {}
        () = receive(&group, asks) => {}
    }
}

async fn receive(group: &Arc<Group>, asks: Vec<Assignment>) {
    let Some(peer) = asks.first().map(|ask| ask.peer) else { return };
    let mut left = Left { group, tickets: asks.iter().map(|ask| ask.ticket).collect() };
    let skip = begun(group, &asks);
    let skips = std::iter::once(skip).chain(std::iter::repeat(0));
    let expected = asks.iter().flat_map(pieces_of).zip(skips).map(|(expected, skip)| Expected { skip, ..expected });
    let expected: Vec<Expected> = expected.collect();
    let Some(answers) = ask(group.net(), peer, &asks, skip).await else {
        return left.end_all(Ended::Broken).await;
    };
    let is_small = asks.iter().all(|ask| ask.tier == Tier::Grid);
    let (came, coming) = mpsc::channel(if is_small { AHEAD } else { PIECES_AHEAD });
    match read_and_write(group, peer, (answers, expected), (came, coming), &mut left).await {
        Done::All(lacking) => {
            for ticket in lacking {
                left.end(ticket, Ended::NotHere).await;
            }
            left.end_all(Ended::Complete).await;
        }
        // The rest was not asked in vain: it is asked for again.
        Done::Stopped(ticket, how) => {
            left.end(ticket, how).await;
            left.end_all(Ended::Broken).await;
        }
    }
}

async fn read_and_write(
    group: &Arc<Group>,
    peer: DeviceId,
    (answers, expected): (Answers, Vec<Expected>),
    (came, coming): (mpsc::Sender<Came>, mpsc::Receiver<Came>),
    left: &mut Left<'_>,
) -> Done {
    let mut reading = pin!(read(group, peer, answers, expected, came));
    let mut writing = pin!(write(group, coming, left));
    tokio::select! {
        // What ends it early ends reading, too.
        Some((ticket, how)) = &mut writing => Done::Stopped(ticket, how),
        read = &mut reading => match writing.await {
            Some((ticket, how)) => Done::Stopped(ticket, how),
            None => read,
        },
    }
}

async fn ask(net: Option<&Net>, peer: DeviceId, asks: &[Assignment], skip: u8) -> Option<Answers> {
    let request = match asks {
        [one] => {
            let Assignment { blob, size, pieces, tier, .. } = one.clone();
            Request::Pieces { blob, size, pieces, lane: lane(tier), skip }
        }
        many => Request::Blobs {
            blobs: many.iter().map(|ask| Extent { blob: ask.blob, size: ask.size }).collect(),
            lane: Lane::Now,
        },
    };
    net?.request(peer, request).await.ok()
}

/// Groups at the beginning of the first piece that need not come again. Of several small blobs each is asked for whole.
fn begun(group: &Group, asks: &[Assignment]) -> u8 {
    match asks {
        [Assignment { blob, size, pieces, .. }] => {
            pieces.first().map_or(0, |piece| group.blobs.begun(*blob, *size, *piece))
        }
        _ => 0,
    }
}

fn pieces_of(ask: &Assignment) -> impl Iterator<Item = Expected> {
    let Assignment { ticket, blob, size, .. } = *ask;
    ask.pieces.iter().map(move |piece| Expected { ticket, blob, size, piece: *piece, skip: 0 })
}

/// How a request ended.
enum Done {
    /// All answers came; what these were for is not there.
    All(Vec<u64>),
    /// At this ticket it stopped.
    Stopped(u64, Ended),
}

/// Reads what is expected, in its order.
async fn read(
    group: &Arc<Group>,
    peer: DeviceId,
    mut answers: Answers,
    expected: Vec<Expected>,
    came: mpsc::Sender<Came>,
) -> Done {
    let mut lacking = Vec::new();
    for expected in expected {
        let Expected { ticket, blob, size, piece, skip } = expected;
        let Ok(mut checker) = Checker::new(blob, size, piece, skip) else {
            return Done::Stopped(ticket, Ended::Broken);
        };
        let mut proves = |frame: &[u8]| match piece_so_far(frame) {
            Some((of, slice)) => of == piece && checker.check(slice).is_ok(),
            None => true,
        };
        match answers.next_watched(&mut proves).await {
            Some(Ok(Frame::Piece { .. })) => {}
            Some(Ok(Frame::NotHere)) => {
                lacking.push(ticket);
                continue;
            }
            Some(Ok(_)) => return Done::Stopped(ticket, Ended::Lied),
            // Whoever lacks a piece of a blob says so and ends.
            None if lacking.last() == Some(&ticket) => return Done::All(lacking),
            Some(Err(NetError::Unwanted)) => {
                tracing::warn!(?peer, ?blob, piece, right_bytes = checker.right_bytes(), "a piece did not verify");
                group.meter.came(peer, checker.right_bytes());
                keep_beginning(group, checker.finish()).await;
                return Done::Stopped(ticket, Ended::Lied);
            }
            Some(Err(_)) => {
                group.meter.came(peer, checker.right_bytes());
                keep_beginning(group, checker.finish()).await;
                return Done::Stopped(ticket, Ended::Broken);
            }
            None => return Done::Stopped(ticket, Ended::Broken),
        }
        group.meter.came(peer, checker.right_bytes());
        let checked = checker.finish();
        if !checked.is_all() {
            tracing::warn!(?peer, ?blob, piece, "a piece was cut");
            keep_beginning(group, checked).await;
            return Done::Stopped(ticket, Ended::Lied);
        }
        if came.send(Came { expected, checked }).await.is_err() {
            break;
        }
    }
    Done::All(lacking)
}

/// Keeps what was right before a lie, or before the stream broke.
async fn keep_beginning(group: &Arc<Group>, checked: Checked) {
    let this = group.clone();
    let kept = tokio::task::spawn_blocking(move || this.blobs.keep_beginning(&checked)).await;
    if let Ok(Err(error)) = kept {
        tracing::debug!(%error, "the beginning of a piece is not kept");
    }
}

/// Writes what comes, all that is there together. Answers what ended it early.
async fn write(group: &Arc<Group>, mut coming: mpsc::Receiver<Came>, left: &mut Left<'_>) -> Option<(u64, Ended)> {
    while let Some(first) = coming.recv().await {
        let mut batch = vec![first];
        while let Ok(next) = coming.try_recv() {
            batch.push(next);
        }
        let this = group.clone();
        let written = tokio::task::spawn_blocking(move || store(&this, batch));
        for (Expected { ticket, blob, .. }, outcome) in written.await.unwrap_or_default() {
            match outcome {
                Ok(PieceOutcome::Completed) => left.end(ticket, Ended::Complete).await,
                Ok(_) => {}
                Err(error) => return Some((ticket, failed(group, blob, error).await)),
            }
        }
    }
    None
}

/// Stores what came, and tells of it even if nobody waits for the request any more: what is here is not asked for again.
fn store(group: &Group, batch: Vec<Came>) -> Vec<(Expected, Result<PieceOutcome, BlobError>)> {
    let (expected, pieces): (Vec<Expected>, Vec<_>) =
        batch.into_iter().map(|came| (came.expected, came.checked)).unzip();
    let outcomes: Vec<_> = expected.into_iter().zip(group.blobs.accept_pieces(pieces)).collect();
    for (Expected { ticket, blob, piece, .. }, _) in outcomes.iter().filter(|(_, outcome)| outcome.is_ok()) {
        group.arrived();
        group.tell_fetch_blocking(FetchInput::Arrived(Some(*ticket), *blob, *piece));
    }
    outcomes
}

async fn failed(group: &Group, blob: BlobId, error: BlobError) -> Ended {
    if matches!(error, BlobError::DiskFull) {
        group.tell_fetch(FetchInput::DiskFull).await;
    } else {
        tracing::warn!(?blob, %error, "piece");
    }
    Ended::Broken
}

/// The tickets of a request that have not ended.
struct Left<'a> {
    group: &'a Group,
    tickets: BTreeSet<u64>,
}

impl Left<'_> {
    async fn end(&mut self, ticket: u64, how: Ended) {
        if self.tickets.remove(&ticket) {
            self.group.tell_fetch(FetchInput::Ended(ticket, how)).await;
        }
    }

    async fn end_all(mut self, how: Ended) {
        while let Some(ticket) = self.tickets.pop_first() {
            self.group.tell_fetch(FetchInput::Ended(ticket, how)).await;
        }
    }
}

/// How much it matters when what is fetched comes.
fn lane(tier: Tier) -> Lane {
    match tier {
        Tier::Grid | Tier::Playing => Lane::Now,
        Tier::Screen | Tier::Manifest => Lane::Soon,
        Tier::Original => Lane::Bulk,
    }
}
