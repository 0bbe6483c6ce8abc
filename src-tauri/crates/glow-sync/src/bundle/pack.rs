//! Packing: records in, sealed chunks out.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use glow_model::PayloadKey;

use super::{NONCE_BYTES, ROOM_BYTES, Record, associated};

/// Packs records. What it returns is written in order behind the head.
pub struct Packer {
    cipher: XChaCha20Poly1305,
    at: Resume,
}

/// Where packing can go on: the chunk in which the last whole record ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resume {
    pub(super) index: u64,
    pub(super) first: Option<u32>,
    pub(super) bytes: Vec<u8>,
}

impl Resume {
    /// Chunks that stay as they are; the file is to be cut behind them.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.index
    }
}

impl Packer {
    /// Begins a bundle, or goes on with one that was cut short.
    #[must_use]
    pub fn new(key: &PayloadKey, at: Resume) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.bytes().into()), at }
    }

    /// Takes a record. Answers the chunks that it filled, each under a fresh random nonce.
    pub fn push(&mut self, record: &Record, mut nonce: impl FnMut() -> [u8; 24]) -> Vec<u8> {
        let encoded = record.encode();
        let (mut rest, mut chunks) = (encoded.as_slice(), Vec::new());
        let start = u32::try_from(self.at.bytes.len()).expect("a chunk is shorter than 4 GiB");
        self.at.first.get_or_insert(start);
        loop {
            let room = ROOM_BYTES - self.at.bytes.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.at.bytes.extend_from_slice(now);
            rest = later;
            if self.at.bytes.len() < ROOM_BYTES {
                return chunks;
            }
            chunks.extend(self.seal(false, nonce()));
        }
    }

    /// Ends the bundle with its last chunk.
    #[must_use]
    pub fn finish(mut self, nonce: [u8; 24]) -> Vec<u8> {
        self.seal(true, nonce)
    }

    fn seal(&mut self, is_last: bool, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let Resume { index, first, bytes } = std::mem::take(&mut self.at);
        let mut opened = first.unwrap_or(u32::MAX).to_le_bytes().to_vec();
        opened.extend_from_slice(&bytes);
        let payload = Payload { msg: &opened, aad: &associated(index, is_last) };
        let sealed = self.cipher.encrypt(&nonce.into(), payload).expect("a chunk is far below the cipher's limit");
        self.at.index = index + 1;
        [nonce.as_slice(), &sealed].concat()
    }
}
