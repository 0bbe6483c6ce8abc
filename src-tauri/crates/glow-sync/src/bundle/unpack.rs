//! Unpacking: sealed chunks in, records out.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use glow_model::PayloadKey;

use super::{BundleError, CHUNK_BYTES, FIRST_BYTES, NONCE_BYTES, ROOM_BYTES, Record, Resume, associated};

/// Unpacks the chunks of a bundle in their order.
pub struct Unpacker {
    cipher: XChaCha20Poly1305,
    index: u64,
    /// The beginning of a record whose end has not come.
    pending: Vec<u8>,
    /// Whether a record's end was lost: nothing counts until one begins.
    is_lost: bool,
    is_complete: bool,
    resume: Resume,
}

impl Unpacker {
    /// Unpacks the chunks behind the head.
    #[must_use]
    pub fn new(key: &PayloadKey) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&key.bytes().into()),
            index: 0,
            pending: Vec::new(),
            is_lost: false,
            is_complete: false,
            resume: Resume::default(),
        }
    }

    /// Takes the next chunk: [`CHUNK_BYTES`], fewer at the end of the file. Adds the records that end in it.
    ///
    /// # Errors
    /// [`BundleError::Damaged`] or [`BundleError::Malformed`]; what was added before stands, and the next chunk can be taken.
    pub fn take(&mut self, chunk: &[u8], records: &mut Vec<Record>) -> Result<(), BundleError> {
        let index = self.index;
        self.index += 1;
        let taken = self.open(index, chunk).and_then(|opened| self.read(index, &opened, records));
        if taken.is_err() {
            self.pending.clear();
            self.is_lost = true;
        }
        taken
    }

    /// Whether the last chunk was seen: the file was not cut short.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Where packing can go on.
    #[must_use]
    pub fn into_resume(self) -> Resume {
        self.resume
    }

    fn open(&mut self, index: u64, chunk: &[u8]) -> Result<Vec<u8>, BundleError> {
        if chunk.len() > CHUNK_BYTES || self.is_complete {
            return Err(BundleError::Damaged);
        }
        let (nonce, sealed) = chunk.split_first_chunk::<NONCE_BYTES>().ok_or(BundleError::Damaged)?;
        for is_last in [false, true] {
            let payload = Payload { msg: sealed, aad: &associated(index, is_last) };
            if let Ok(opened) = self.cipher.decrypt(&(*nonce).into(), payload) {
                self.is_complete = is_last;
                return Ok(opened);
            }
        }
        Err(BundleError::Damaged)
    }

    fn read(&mut self, index: u64, opened: &[u8], records: &mut Vec<Record>) -> Result<(), BundleError> {
        let (first, bytes) = opened.split_first_chunk::<FIRST_BYTES>().ok_or(BundleError::Malformed)?;
        let first = Some(u32::from_le_bytes(*first)).filter(|first| *first != u32::MAX);
        let begin = first.and_then(|first| usize::try_from(first).ok());
        if bytes.len() > ROOM_BYTES || begin.is_some_and(|begin| begin > bytes.len()) {
            return Err(BundleError::Malformed);
        }
        let from = match (self.is_lost, begin) {
            (false, _) => 0,
            (true, Some(begin)) => begin,
            (true, None) => return Ok(()),
        };
        self.is_lost = false;
        let carried = self.pending.len();
        self.pending.extend_from_slice(&bytes[from..]);
        let mut read = 0;
        let result = loop {
            match Record::decode(&self.pending[read..]) {
                Ok(Some((record, length))) => {
                    records.push(record);
                    read += length;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if read > 0 {
            let end = from + read - carried;
            let first = first.filter(|_| begin.is_some_and(|begin| begin < end));
            self.resume = Resume { index, first, bytes: bytes[..end].to_vec() };
            self.pending.drain(..read);
        }
        result
    }
}
