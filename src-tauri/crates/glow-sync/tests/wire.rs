//! Every frame on the wire: snapshots, and what arbitrary bytes do to the decoders.
#![allow(clippy::unwrap_used)]

use data_encoding::HEXLOWER;
use glow_model::{BlobId, DeviceId, OperationId, Plane, limits, state::Slot};
use glow_sync::{
    Frame, Request,
    wire::{
        Address, BLOBS_PER_REQUEST, Extent, FRAGMENTS_PER_FRAME, Holding, IDS_PER_REQUEST, Lane, Met, OFFERED_BYTES,
        PIECE_BYTES, PIECES_PER_REQUEST, StateId, StateKey, batches, piece_so_far,
    },
};
use proptest::prelude::*;

fn requests() -> Vec<Request> {
    let blobs = vec![BlobId([1; 32])];
    vec![
        Request::Reconcile { plane: Plane::Content, message: vec![1, 2].into() },
        Request::Operations { ids: vec![OperationId([2; 32])] },
        Request::Push { operations: vec![vec![3].into()] },
        Request::Pieces { blob: BlobId([1; 32]), size: 300_000, pieces: vec![0, 1], lane: Lane::Soon, skip: 3 },
        Request::Have { blobs: blobs.clone() },
        Request::Holds { blobs },
        Request::Addresses,
        Request::Epochs,
        Request::HavePieces { holdings: vec![Holding { blob: BlobId([1; 32]), pieces: 0b101 }] },
        Request::Bitfields { blobs: vec![Extent { blob: BlobId([1; 32]), size: 300_000 }] },
        Request::Hush { for_ms: 500 },
        Request::Offer { operation: vec![5].into(), blob: BlobId([1; 32]), size: 9, slice: vec![6].into() },
        Request::StateKeys,
        Request::States { wanted: vec![state_id()] },
        Request::Say { states: vec![vec![5].into()] },
        Request::Blobs { blobs: vec![Extent { blob: BlobId([1; 32]), size: 9_000 }], lane: Lane::Now },
        Request::PushFragments { records: vec![vec![5].into()] },
        Request::Fragments { clip: OperationId([2; 32]), from: 7 },
        Request::Part,
        Request::Station,
        Request::News { keys: vec![StateKey { id: state_id(), counter: 7 }] },
    ]
}

fn state_id() -> StateId {
    StateId { device: DeviceId([4; 32]), slot: Slot::HOLDINGS }
}

fn frames() -> Vec<Frame> {
    vec![
        Frame::Reconcile(vec![1].into()),
        Frame::Operations(vec![vec![2].into()]),
        Frame::Piece { piece: 1, slice: vec![3].into() },
        Frame::NotHere,
        Frame::Holds(vec![0b101].into()),
        Frame::Addresses(vec![Address::from("192.168.1.20:4001".parse::<std::net::SocketAddr>().unwrap())]),
        Frame::Done,
        Frame::Epochs(vec![4].into()),
        Frame::Refused,
        Frame::Bitfields(vec![0b11, 0]),
        Frame::StateKeys(vec![StateKey { id: state_id(), counter: 7 }]),
        Frame::States(vec![vec![6].into()]),
        Frame::Fragments(vec![vec![6].into()]),
        Frame::Addresses(vec![Address {
            met: Some(Met { transport_key: vec![7].into(), age_s: 30 }),
            ..Address::from("192.168.1.20:4001".parse::<std::net::SocketAddr>().unwrap())
        }]),
    ]
}

#[test]
fn requests_and_frames_keep_their_encoding() {
    let requests = requests().into_iter().map(|request| HEXLOWER.encode(&request.encode()));
    let frames = frames().into_iter().map(|frame| HEXLOWER.encode(&frame.encode()));
    insta::assert_snapshot!(requests.chain(frames).collect::<Vec<_>>().join("\n"));
}

#[test]
fn requests_and_frames_survive_the_wire() {
    for request in requests() {
        assert_eq!(Request::decode(&request.encode()).unwrap(), request);
    }
    for frame in frames() {
        assert_eq!(Frame::decode(&frame.encode()).unwrap(), frame);
    }
}

#[test]
fn counts_hold_at_the_limit_and_beyond() {
    let ids = |n| Request::Operations { ids: vec![OperationId([1; 32]); n] }.encode();
    assert!(Request::decode(&ids(IDS_PER_REQUEST)).is_ok());
    assert!(Request::decode(&ids(IDS_PER_REQUEST + 1)).is_err());
    assert!(Request::decode(&ids(IDS_PER_REQUEST * 100)).is_err());
    let records = |n| Request::PushFragments { records: vec![vec![1].into(); n] }.encode();
    assert!(Request::decode(&records(FRAGMENTS_PER_FRAME)).is_ok());
    assert!(Request::decode(&records(FRAGMENTS_PER_FRAME + 1)).is_err());
    let pieces_of = |size, n| {
        Request::Pieces { blob: BlobId([1; 32]), size, pieces: vec![0; n], lane: Lane::Now, skip: 0 }.encode()
    };
    let pieces = |n| pieces_of(1, n);
    assert!(Request::decode(&pieces(PIECES_PER_REQUEST)).is_ok());
    assert!(Request::decode(&pieces(PIECES_PER_REQUEST + 1)).is_err());
    assert!(Request::decode(&pieces_of(limits::SEGMENT_BYTES, 1)).is_ok());
    assert!(Request::decode(&pieces_of(limits::SEGMENT_BYTES + 1, 1)).is_err());
    let holdings = |n| Request::HavePieces { holdings: vec![Holding { blob: BlobId([1; 32]), pieces: 1 }; n] }.encode();
    assert!(Request::decode(&holdings(IDS_PER_REQUEST)).is_ok());
    assert!(Request::decode(&holdings(IDS_PER_REQUEST + 1)).is_err());
    let small =
        |n, size| Request::Blobs { blobs: vec![Extent { blob: BlobId([1; 32]), size }; n], lane: Lane::Now }.encode();
    assert!(Request::decode(&small(BLOBS_PER_REQUEST, PIECE_BYTES)).is_ok());
    assert!(Request::decode(&small(BLOBS_PER_REQUEST + 1, 1)).is_err());
    assert!(Request::decode(&small(1, PIECE_BYTES + 1)).is_err());
    let sought = |n| Request::Bitfields { blobs: vec![Extent { blob: BlobId([1; 32]), size: u64::MAX }; n] }.encode();
    assert!(Request::decode(&sought(IDS_PER_REQUEST)).is_ok());
    assert!(Request::decode(&sought(IDS_PER_REQUEST + 1)).is_err());
    let offer = |size: u64, bytes: usize| {
        let (blob, slice) = (BlobId([1; 32]), vec![0; bytes].into());
        Request::Offer { operation: vec![0; limits::OPERATION_BYTES].into(), blob, size, slice }.encode()
    };
    let most = OFFERED_BYTES as usize;
    assert!(Request::decode(&offer(OFFERED_BYTES, most)).is_ok());
    assert!(Request::decode(&offer(OFFERED_BYTES + 1, 1)).is_err());
    assert!(Request::decode(&offer(1, most * 2)).is_err());
    assert!(Frame::decode(&vec![0; limits::BULK_FRAME_BYTES + 1]).is_err());
}

#[test]
fn a_piece_can_be_looked_at_while_it_comes() {
    for (piece, bytes) in [(0, 0), (7, 1), (31, 23), (31, 24), (1, 300), (1, 70_000)] {
        let slice: Vec<u8> = (0..bytes).map(|n| n as u8).collect();
        let frame = Frame::Piece { piece, slice: slice.clone().into() }.encode();
        let head = frame.len() - slice.len();
        assert_eq!(piece_so_far(&frame), Some((piece, &slice[..])));
        for come in 0..head {
            assert_eq!(piece_so_far(&frame[..come]), None, "{come} of {head} bytes of the head");
        }
        assert_eq!(piece_so_far(&frame[..head + slice.len() / 2]), Some((piece, &slice[..slice.len() / 2])));
    }
    for frame in frames().into_iter().filter(|frame| !matches!(frame, Frame::Piece { .. })) {
        assert_eq!(piece_so_far(&frame.encode()), None);
    }
}

#[test]
fn batches_fit_a_frame_and_lose_nothing() {
    let operations: Vec<Vec<u8>> = (0..500).map(|n| vec![n as u8; 1 + (n * 37) % limits::OPERATION_BYTES]).collect();
    let batches = batches(operations.clone());
    assert!(
        batches
            .iter()
            .all(|batch| { Request::Push { operations: batch.clone() }.encode().len() <= limits::BULK_FRAME_BYTES })
    );
    let unpacked: Vec<Vec<u8>> = batches.into_iter().flatten().map(Into::into).collect();
    assert_eq!(unpacked, operations);
}

proptest! {
    #[test]
    fn decoders_survive_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Request::decode(&bytes);
        let _ = Frame::decode(&bytes);
        let _ = piece_so_far(&bytes);
    }
}
