//! Requests and their answers, over both transports.

use glow_model::BlobId;
use glow_net::{AnswerSink, NetError};
use glow_sync::{
    Frame, Request,
    wire::{Lane, PIECE_BYTES},
};
use tokio::time::timeout;

use crate::{
    cast::{BOUND, Group, each_transport, on_loopback, pair},
    member,
};

fn pieces(first: u32) -> Request {
    Request::Pieces {
        blob: BlobId([3; 32]),
        size: 8 * 1024 * 1024,
        pieces: (first..first + 20).collect(),
        lane: Lane::Bulk,
        skip: 0,
    }
}

/// Answers with pieces filled with their number.
async fn send_pieces(request: Request, mut answers: AnswerSink) {
    let Request::Pieces { pieces, .. } = request else {
        answers.send(Frame::Refused).await.unwrap();
        return answers.finish().await.unwrap();
    };
    for piece in pieces {
        let bytes = vec![u8::try_from(piece).unwrap(); usize::try_from(PIECE_BYTES).unwrap()];
        let slice = bytes.into();
        answers.send(Frame::Piece { piece, slice }).await.unwrap();
    }
    answers.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_of_pieces_arrive_whole_over_each_transport() {
    for listen in each_transport() {
        let (alice, bob) = pair(&Group::new(), listen).await;
        let bob_id = bob.id;
        let _bob = bob.serve(send_pieces);
        let ask = |first| {
            let net = alice.net.clone();
            async move {
                let mut answers = net.request(bob_id, pieces(first)).await.unwrap();
                let mut received = Vec::new();
                while let Some(frame) = answers.next().await {
                    let Frame::Piece { piece, slice } = frame.unwrap() else {
                        panic!("only pieces were asked for");
                    };
                    assert_eq!(slice.len() as u64, PIECE_BYTES);
                    assert!(slice.iter().all(|byte| u32::from(*byte) == piece));
                    received.push(piece);
                }
                received
            }
        };
        let both = async { tokio::join!(ask(0), ask(20)) };
        let (one, other) = timeout(BOUND, both).await.unwrap();
        assert_eq!(one, (0..20).collect::<Vec<u32>>());
        assert_eq!(other, (20..40).collect::<Vec<u32>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_once_are_all_answered() {
    for listen in each_transport() {
        let (alice, bob) = pair(&Group::new(), listen).await;
        let bob_id = bob.id;
        let _bob = bob.serve(|_, mut answers: AnswerSink| async move {
            answers.send(Frame::Done).await.unwrap();
            answers.finish().await.unwrap();
        });
        let requests = (0..100).map(|_| async {
            let mut answers = alice.net.request(bob_id, Request::Addresses).await.unwrap();
            assert_eq!(answers.next().await.unwrap().unwrap(), Frame::Done);
            assert!(answers.next().await.is_none());
        });
        timeout(BOUND, futures::future::join_all(requests)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_short_is_an_error() {
    for listen in each_transport() {
        let (alice, bob) = pair(&Group::new(), listen).await;
        let bob_id = bob.id;
        let _bob = bob.serve(|_, mut answers: AnswerSink| async move {
            answers.send(Frame::Done).await.unwrap();
        });
        let mut answers = alice.net.request(bob_id, Request::Addresses).await.unwrap();
        assert_eq!(answers.next().await.unwrap().unwrap(), Frame::Done);
        assert!(matches!(answers.next().await, Some(Err(NetError::Broken(_)))), "the end was not said");
        assert!(answers.next().await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_be_asked_who_is_not_connected() {
    let (alice, bob) = pair(&Group::new(), on_loopback()).await;
    let bob_id = bob.id;
    bob.net.shutdown().await;
    let mut alice = alice;
    assert_eq!(alice.disconnected().await, bob_id);
    let refused = alice.net.request(bob_id, Request::Addresses).await;
    assert!(matches!(refused, Err(NetError::NotConnected { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_too_large_or_damaged_ends_its_stream_only() {
    for listen in each_transport() {
        let group = Group::new();
        let bob = crate::cast::Device::start_on(&group.member(2), listen).await;
        let address = bob.address;
        let _bob = bob.serve(|_, mut answers: AnswerSink| async move {
            answers.send(Frame::Done).await.unwrap();
            answers.finish().await.unwrap();
        });
        let mut mallory = member::HandMade::meet(&group.member(4), address, listen.quic).await;
        let oversized = (2 * 1024 * 1024_u32).to_be_bytes();
        let damaged = [0, 0, 0, 3, 0xff, 0xff, 0xff];
        for message in [&oversized[..], &damaged] {
            assert_eq!(mallory.ask(message).await, None, "the stream is closed");
        }
        let request = Request::Addresses.encode();
        let size = u32::try_from(request.len()).unwrap().to_be_bytes();
        let answer = mallory.ask(&[&size[..], &request].concat()).await;
        assert_eq!(answer.map(|bytes| Frame::decode(&bytes).unwrap()), Some(Frame::Done), "the connection lives on");
    }
}
