use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use glow_blobs::{BlobError, BlobState, BlobStore, PieceOutcome};

use crate::{KIB, SECRET, noise, place};

#[test]
fn many_threads_accept_pieces_while_others_read() {
    let (alice, bob) = (place(), place());
    let plain: Vec<_> = (0..6).map(|n| noise(900 * KIB + n, n)).collect();
    let blobs: Vec<_> = plain.iter().map(|bytes| alice.store.import(&SECRET, bytes.clone()).unwrap()).collect();
    let (completed, done, start) = (AtomicU32::new(0), AtomicBool::new(false), Barrier::new(6));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4usize)
            .map(|thread| {
                let (alice, bob, blobs, completed, start) =
                    (&alice.store, bob.store.clone(), &blobs, &completed, &start);
                scope.spawn(move || {
                    start.wait();
                    for step in 0..blobs.len() * 4 {
                        let step = (step * (2 * thread + 1) + thread) % (blobs.len() * 4);
                        let (blob, piece) = (&blobs[step / 4], u32::try_from(step % 4).unwrap());
                        let encoded = alice.encode_piece(blob.id, blob.size, piece).unwrap();
                        if bob.accept_piece(blob.id, blob.size, piece, &encoded).unwrap() == PieceOutcome::Completed {
                            completed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            let (bob, blobs, plain, done, start) = (bob.store.clone(), &blobs, &plain, &done, &start);
            scope.spawn(move || {
                start.wait();
                while !done.load(Ordering::Acquire) {
                    for (blob, plain) in blobs.iter().zip(plain) {
                        read_what_is_there(&bob, blob, plain);
                    }
                }
            });
        }
        for writer in writers {
            writer.join().unwrap();
        }
        for piece in 0..4 {
            for blob in &blobs {
                let encoded = alice.store.encode_piece(blob.id, blob.size, piece).unwrap();
                let outcome = bob.store.accept_piece(blob.id, blob.size, piece, &encoded).unwrap();
                completed.fetch_add(u32::from(outcome == PieceOutcome::Completed), Ordering::Relaxed);
            }
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(completed.into_inner(), 6, "each blob is completed once");
    for (blob, plain) in blobs.iter().zip(&plain) {
        assert_eq!(&bob.store.read(blob).unwrap(), plain);
    }
    assert_eq!(bob.store.usage().blobs, 6);
}

fn read_what_is_there(store: &BlobStore, blob: &glow_model::BlobRef, plain: &[u8]) {
    match store.read(blob) {
        Ok(bytes) => assert_eq!(bytes, plain),
        Err(error) => assert!(matches!(error, BlobError::Missing), "{error:?}"),
    }
    if let BlobState::Partial { pieces, .. } = store.state(blob.id, blob.size) {
        for piece in pieces.iter() {
            store.encode_piece(blob.id, blob.size, piece).unwrap();
        }
    }
    match store.read_range(blob, 500 * KIB..600 * KIB) {
        Ok(bytes) => assert_eq!(bytes, &plain[500 * 1024..600 * 1024]),
        Err(error) => assert!(matches!(error, BlobError::Missing), "{error:?}"),
    }
}

#[test]
fn threads_that_import_the_same_bytes_make_one_blob() {
    let alice = place();
    assert_eq!(alice.store.usage().blobs, 0);
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                let blob = alice.store.import(&SECRET, noise(400 * KIB, 1)).unwrap();
                assert_eq!(alice.store.read(&blob).unwrap(), noise(400 * KIB, 1));
            });
        }
    });
    let usage = alice.store.usage();
    assert_eq!((usage.blobs, usage.bytes), (1, 400 * KIB));
    assert_eq!(alice.reopen().store.usage(), usage);
}
