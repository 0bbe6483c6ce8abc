//! Sealed frames, numbered and in order, and sealed pieces of files.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

/// Bytes that sealing adds to a message.
pub(crate) const FRAME_OVERHEAD: usize = NUMBER_BYTES + TAG_BYTES;
const NUMBER_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It does not open: it is none, was altered, or is of another session.
    DoesNotOpen,
    /// It came before, or it comes too early; this number is awaited.
    OutOfOrder { next: u64 },
}

/// One direction of a session.
pub(crate) struct Stream {
    cipher: XChaCha20Poly1305,
    session: [u8; 16],
    next: u64,
}

impl Stream {
    pub(crate) fn new(key: &[u8; 32], session: [u8; 16]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&(*key).into()), session, next: 0 }
    }

    /// The next frame of this direction.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        let sealed = self
            .cipher
            .encrypt(&nonce(number), Payload { msg: message, aad: &self.session })
            .expect("a message is far shorter than what the cipher can take");
        [number.to_be_bytes().as_slice(), &sealed].concat()
    }

    /// Opens the frame that is awaited, and no other.
    pub(crate) fn open(&mut self, frame: &[u8]) -> Result<Vec<u8>, Refused> {
        let (number, sealed) = frame.split_first_chunk::<NUMBER_BYTES>().ok_or(Refused::DoesNotOpen)?;
        let number = u64::from_be_bytes(*number);
        // Only whoever holds the keys learns which frame is awaited.
        let payload = Payload { msg: sealed, aad: &self.session };
        let message = self.cipher.decrypt(&nonce(number), payload).map_err(|_| Refused::DoesNotOpen)?;
        if number != self.next {
            return Err(Refused::OutOfOrder { next: self.next });
        }
        self.next += 1;
        Ok(message)
    }
}

fn nonce(number: u64) -> XNonce {
    let mut nonce = [0; NONCE_BYTES];
    nonce[NONCE_BYTES - NUMBER_BYTES..].copy_from_slice(&number.to_be_bytes());
    nonce.into()
}

/// Seals a piece of a file for its place, with a nonce never used before.
pub(crate) fn seal_bytes(key: &[u8; 32], place: &str, nonce: [u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: place.as_bytes() };
    let sealed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a piece is far shorter than what the cipher can take");
    [nonce.as_slice(), &sealed].concat()
}

/// Opens a piece of a file that was sealed for this place.
pub(crate) fn open_bytes(key: &[u8; 32], place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: place.as_bytes() };
    XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(*nonce), payload).ok()
}
