//! The answering side: gossip that arrives, and requests of members.

use std::sync::Arc;

use glow_blobs::{BlobError, BlobState};
use glow_model::{BlobId, DeviceId};
use glow_net::{AnswerSink, Verdict as Forward};
use glow_sync::{
    Frame, Request,
    wire::{Extent, STATES_PER_FRAME, batches},
};
use minicbor::bytes::ByteVec;
use tokio::task::JoinHandle;

use crate::{
    error::{ApiResult, IntoApi, blocking, internal},
    group::{Group, Verdict},
    pipeline::{announce, cargo, clip, fetch::FetchInput, reconcile, states},
};

/// Small blobs that are read together.
const BLOBS_AT_ONCE: usize = 16;

/// Takes in an operation heard by gossip. It is passed on only when it was verified and is new.
pub(crate) async fn gossip(group: Arc<Group>, from: DeviceId, message: Vec<u8>, forward: Forward) {
    let verdict = group.accept(vec![message]).await.map(|verdicts| verdicts.first().copied());
    match verdict {
        Ok(Some(Verdict::New)) => forward.accept(),
        Ok(Some(Verdict::Invalid)) => forward.reject(),
        Ok(Some(Verdict::Waiting)) => {
            forward.ignore();
            // Its author's admission is missing here: whoever passed it on has it.
            if let Err(error) = reconcile::with(&group, from).await {
                tracing::debug!(?from, %error, "reconcile after gossip");
            }
        }
        Ok(Some(Verdict::Known) | None) => forward.ignore(),
        Err(error) => {
            tracing::warn!(%error, "gossip");
            forward.ignore();
        }
    }
}

/// Answers one request of a member. A member that goes away in the middle ends it.
pub(crate) async fn request(group: Arc<Group>, from: DeviceId, request: Request, mut answers: AnswerSink) {
    let name = request_name(&request);
    let result = match request {
        Request::Pieces { blob, size, pieces, skip, .. } => {
            let skips = [skip].into_iter().chain(std::iter::repeat(0));
            let pieces = pieces.into_iter().zip(skips);
            let pieces = pieces.map(|(piece, skip)| Wanted { blob: Extent { blob, size }, piece, skip }).collect();
            return send_pieces(&group, from, pieces, answers).await;
        }
        Request::Blobs { blobs, .. } => {
            return send_blobs(&group, from, blobs, answers).await;
        }
        Request::Operations { ids } => {
            let this = group.clone();
            blocking(move || this.store.operations(&ids)).await.map(|operations| {
                batches(operations.iter().map(|op| op.encode())).into_iter().map(Frame::Operations).collect()
            })
        }
        Request::States { wanted } => states::encoded(&group, wanted).await.map(|states| {
            let states: Vec<ByteVec> = states.into_iter().map(Into::into).collect();
            states.chunks(STATES_PER_FRAME).map(|states| Frame::States(states.to_vec())).collect()
        }),
        Request::Cargo { ids } => cargo::named(&group, ids).await,
        Request::Fragments { clip, from } => clip::records(&group, clip, from).await,
        other => answer_once(&group, from, other).await.map(|frame| vec![frame]),
    };
    let frames = result.unwrap_or_else(|error| {
        tracing::warn!(request = name, %error, "request");
        vec![Frame::Refused]
    });
    for frame in frames {
        if answers.send(frame).await.is_err() {
            return;
        }
    }
    // Whoever asked may be gone by now.
    let _ = answers.finish().await;
}

async fn answer_once(group: &Arc<Group>, from: DeviceId, request: Request) -> ApiResult<Frame> {
    match request {
        Request::Reconcile { plane, message } => {
            let snapshot = reconcile::snapshot(group, plane).await.map_err(|error| internal(&error))?;
            snapshot.respond(&message).map(|answer| Frame::Reconcile(answer.into())).map_err(|error| internal(&error))
        }
        Request::Push { operations } => {
            if !group.repairs.may_push(from) {
                return Ok(Frame::Refused);
            }
            let operations = operations.into_iter().map(Into::into).collect();
            reconcile::take(group, operations).await.map_err(|error| internal(&error))?;
            Ok(Frame::Done)
        }
        Request::Have { blobs } => {
            note_holder(group, from, blobs).await?;
            Ok(Frame::Done)
        }
        Request::Holds { blobs } => {
            let this = group.clone();
            let bits =
                blocking(move || Ok::<_, BlobError>(bits(blobs.iter().map(|blob| this.blobs.is_complete(*blob)))))
                    .await?;
            Ok(Frame::Holds(bits.into()))
        }
        Request::Addresses => reconcile::addresses(group, from).await,
        Request::HavePieces { holdings } => {
            group.tell_fetch(FetchInput::HoldsPieces(from, holdings)).await;
            Ok(Frame::Done)
        }
        Request::Bitfields { blobs } => {
            let this = group.clone();
            let held = move |extent: &Extent| held_bits(&this, extent);
            blocking(move || Ok::<_, BlobError>(Frame::Bitfields(blobs.iter().map(held).collect()))).await
        }
        Request::Hush { for_ms } => {
            announce::hushed(group, from, for_ms).await;
            Ok(Frame::Done)
        }
        Request::Station => {
            group.tell_fetch(FetchInput::Hosts(from)).await;
            Ok(Frame::Done)
        }
        Request::Offer { operation, blob, size, slice } => {
            group.accept(vec![operation.into()]).await?;
            take_offered(group, blob, size, slice.into()).await?;
            Ok(Frame::Done)
        }
        Request::StateKeys => states::keys(group).await.map(Frame::StateKeys),
        Request::News { keys } => states::lacking(group, keys).await.map(Frame::StateKeys),
        Request::Say { states } => {
            states::take(group, from, states.into_iter().map(Into::into).collect()).await?;
            Ok(Frame::Done)
        }
        Request::PushFragments { records } => {
            clip::pushed(group, from, records.into_iter().map(Into::into).collect()).await?;
            Ok(Frame::Done)
        }
        Request::Operations { .. }
        | Request::Pieces { .. }
        | Request::Blobs { .. }
        | Request::States { .. }
        | Request::Fragments { .. }
        | Request::Cargo { .. }
        | Request::Part
        | Request::Epochs => Ok(Frame::Refused),
    }
}

/// Stores a blob that came along with its operation, if a live moment names it and it is not here.
async fn take_offered(group: &Arc<Group>, blob: BlobId, size: u64, slice: Vec<u8>) -> ApiResult<()> {
    let this = group.clone();
    let is_here = blocking(move || {
        let wanted = this.store.blob(blob).map_err(IntoApi::into_api)?;
        if wanted.is_none_or(|row| row.held || row.size != size) {
            return Ok(false);
        }
        this.blobs.accept_piece(blob, size, 0, &slice).map(|_| true).map_err(IntoApi::into_api)
    })
    .await?;
    if is_here {
        group.tell_fetch(FetchInput::Arrived(None, blob, 0)).await;
    }
    Ok(())
}

/// The pieces of a blob that are held here.
fn held_bits(group: &Group, extent: &Extent) -> u32 {
    match group.blobs.state(extent.blob, extent.size) {
        BlobState::Missing => 0,
        BlobState::Partial { pieces, .. } => pieces.bits(),
        BlobState::Complete => u32::MAX,
    }
}

async fn note_holder(group: &Arc<Group>, from: DeviceId, blobs: Vec<BlobId>) -> ApiResult<()> {
    let (this, noted) = (group.clone(), blobs.clone());
    let moments =
        blocking(move || this.store.holders(&noted.iter().map(|blob| (*blob, from, true)).collect::<Vec<_>>())).await?;
    group.bus.copies_changed(group.id, &moments);
    group.tell_fetch(FetchInput::Holds(from, blobs)).await;
    Ok(())
}

/// A piece that a member asks for, without so many of its first groups.
#[derive(Debug, Clone)]
struct Wanted {
    blob: Extent,
    piece: u32,
    skip: u8,
}

/// Sends pieces; the next one is read while one is sent. Ends where one is not here.
async fn send_pieces(group: &Arc<Group>, to: DeviceId, pieces: Vec<Wanted>, mut answers: AnswerSink) {
    let mut pieces = pieces.into_iter();
    let mut reading = pieces.next().map(|piece| read_pieces(group, vec![piece]));
    while let Some(read) = reading.take() {
        let frame = read.await.unwrap_or_default().pop().unwrap_or(Frame::Refused);
        let is_last = !matches!(frame, Frame::Piece { .. });
        if !is_last {
            reading = pieces.next().map(|piece| read_pieces(group, vec![piece]));
        }
        if !send_piece(group, to, frame, &mut answers).await {
            return;
        }
    }
    // Whoever asked may be gone by now.
    let _ = answers.finish().await;
}

/// Sends small blobs, or word that they are not here; the next ones are read while some are sent.
async fn send_blobs(group: &Arc<Group>, to: DeviceId, blobs: Vec<Extent>, mut answers: AnswerSink) {
    let pieces: Vec<Wanted> = blobs.into_iter().map(|blob| Wanted { blob, piece: 0, skip: 0 }).collect();
    let mut chunks = pieces.chunks(BLOBS_AT_ONCE).map(<[_]>::to_vec);
    let mut reading = chunks.next().map(|chunk| read_pieces(group, chunk));
    while let Some(read) = reading.take() {
        let frames = read.await.unwrap_or_default();
        reading = chunks.next().map(|chunk| read_pieces(group, chunk));
        for frame in frames {
            if !send_piece(group, to, frame, &mut answers).await {
                return;
            }
        }
    }
    let _ = answers.finish().await;
}

/// Sends one answer; whether whoever asked is still there.
async fn send_piece(group: &Group, to: DeviceId, frame: Frame, answers: &mut AnswerSink) -> bool {
    if let Frame::Piece { slice, .. } = &frame {
        group.meter.went(to, slice.len());
    }
    answers.send(frame).await.is_ok()
}

/// Reads and proves pieces on the blocking pool, while something else is done.
fn read_pieces(group: &Arc<Group>, pieces: Vec<Wanted>) -> JoinHandle<Vec<Frame>> {
    let group = group.clone();
    tokio::task::spawn_blocking(move || pieces.iter().map(|wanted| read_piece(&group, wanted)).collect())
}

fn read_piece(group: &Group, Wanted { blob: Extent { blob, size }, piece, skip }: &Wanted) -> Frame {
    let piece = *piece;
    match group.blobs.encode_rest(*blob, *size, piece, *skip) {
        Ok(slice) => Frame::Piece { piece, slice: slice.into() },
        Err(BlobError::Missing | BlobError::Damaged) => Frame::NotHere,
        Err(error) => {
            tracing::debug!(?blob, piece, %error, "piece");
            Frame::Refused
        }
    }
}

fn bits(flags: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, flag) in flags.enumerate() {
        if i % 8 == 0 {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut() {
            *last |= u8::from(flag) << (i % 8);
        }
    }
    bytes
}

fn request_name(request: &Request) -> &'static str {
    match request {
        Request::Reconcile { .. } => "reconcile",
        Request::Operations { .. } => "operations",
        Request::Push { .. } => "push",
        Request::Pieces { .. } => "pieces",
        Request::Blobs { .. } => "blobs",
        Request::Have { .. } => "have",
        Request::Holds { .. } => "holds",
        Request::Addresses => "addresses",
        Request::Part => "part",
        Request::Station => "station",
        Request::Epochs => "epochs",
        Request::HavePieces { .. } => "have pieces",
        Request::Bitfields { .. } => "bitfields",
        Request::Hush { .. } => "hush",
        Request::Offer { .. } => "offer",
        Request::StateKeys => "state keys",
        Request::States { .. } => "states",
        Request::Say { .. } => "say",
        Request::News { .. } => "news",
        Request::PushFragments { .. } => "push fragments",
        Request::Fragments { .. } => "fragments",
        Request::Cargo { .. } => "cargo",
    }
}
