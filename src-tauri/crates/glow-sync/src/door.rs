//! The door: the one protocol a stranger can speak, and what it takes to pass.
//!
//! # Goals
//! Two transports, each known by its authenticated peer id, learn of each other that they belong to the same group, or that
//! one holds an invite of it. Whoever holds neither learns nothing: not a group, not a member, not a reason.
//!
//! # Messages
//! ```text
//! dialer                                             listener
//!   Hello   version, nonce, proof          ─────▶      proof under a tag key: of an epoch, or of an open invite
//!                                          ◀─────      Welcome  version, nonce, proof
//!   sealed: Certificate | Knock            ─────▶      member: signature over the transcript, chain of admissions
//!                                                      joiner: its new keys, vouched for by the invite's key
//!                                          ◀─────      sealed: Certificate | Admission | Refused
//!   sealed: Done                           ─────▶      both sides open the gate
//! ```
//! A proof is an HMAC over both peer ids and the nonces so far. Both peer ids are authenticated by the transport below, so a
//! proof is worthless to anyone who copies it. Sealed messages are under a key of tag key and transcript. To a joiner the
//! listener hands the group's keys only after the joiner signed the transcript with the invite's key; the joiner accepts them
//! only when the chain of admissions leads from the genesis, whose hash stands in its invite, to the listener's device.
//!
//! # Non-goals
//! Confidentiality against the transport (it is encrypted already), forward secrecy, hiding that Afterglow runs here.

mod frames;

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
pub use frames::{Admission, Certificate, Knock, Refusal};
use frames::{Hello, Sealed, Welcome};
use glow_model::{DeviceKeys, GroupId, InviteKeys, InviteLink, ModelError, PayloadKey, Role, TagKey, codec};
use minicbor::bytes::ByteVec;
use subtle::ConstantTimeEq;

/// Name of the protocol on the wire.
pub const DOOR_PROTOCOL: &str = "/afterglow/door/1";
/// The version spoken, and the oldest understood.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=1;

/// Why a handshake ended without passing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// The other side proved nothing that is known here. Close without a word.
    #[error("the other side proved no membership and no invite")]
    NoProof,
    /// A message came out of order, damaged or forged.
    #[error("the handshake broke")]
    Broken,
    /// The other side refused, and said why.
    #[error("the other side refused: {0:?}")]
    Refused(Refusal),
    /// What the other side showed does not hold.
    #[error("what the other side showed does not hold")]
    NotConvincing(#[from] ModelError),
}

/// The two ends of the transport: peer ids as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// Who dialled.
    pub dialer: Vec<u8>,
    /// Who listened.
    pub listener: Vec<u8>,
}

/// What a tag key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    /// The door for members of an epoch.
    Epoch,
    /// The door for those who hold this invite.
    Invite(glow_model::InviteId),
}

/// Proof that a device is a member: made anew for each handshake.
pub struct Credentials<'a> {
    /// The device's keys.
    pub keys: &'a DeviceKeys,
    /// The encoded operations that lead from the genesis to this device's admission.
    pub admission: Vec<Vec<u8>>,
}

impl Credentials<'_> {
    fn certificate(&self, side: Side, transcript: &[u8; 32]) -> Certificate {
        Certificate {
            device: self.keys.id(),
            signature: self.keys.sign(side.purpose(), transcript),
            admission: self.admission.iter().cloned().map(ByteVec::from).collect(),
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Dialer,
    Listener,
}

impl Side {
    fn purpose(self) -> &'static str {
        match self {
            Side::Dialer => "door dialer",
            Side::Listener => "door listener",
        }
    }
}

/// The dialer before it was welcomed.
pub struct Dialer {
    ends: Ends,
    tag_key: TagKey,
    nonce: [u8; 32],
}

impl Dialer {
    /// Starts a handshake under the tag key of the newest epoch, or of the invite. `nonce` is random.
    #[must_use]
    pub fn new(ends: Ends, tag_key: TagKey, nonce: [u8; 32]) -> Self {
        Self { ends, tag_key, nonce }
    }

    /// The first message.
    #[must_use]
    pub fn hello(&self) -> Vec<u8> {
        let proof = self.tag_key.prove(&hello_parts(&self.ends, &self.nonce));
        codec::encode(&Hello { version: *VERSIONS.end(), nonce: self.nonce, proof })
    }

    /// Takes the listener's welcome.
    ///
    /// # Errors
    /// [`DoorError::NoProof`] when the listener does not know the tag key either.
    pub fn welcomed(self, message: &[u8]) -> Result<Room, DoorError> {
        let welcome: Welcome = codec::decode(message, "welcome").map_err(|_| DoorError::Broken)?;
        if !VERSIONS.contains(&welcome.version) {
            return Err(DoorError::Broken);
        }
        let expected = self.tag_key.prove(&welcome_parts(&self.ends, &self.nonce, &welcome.nonce));
        if !bool::from(expected.ct_eq(&welcome.proof)) {
            return Err(DoorError::NoProof);
        }
        Ok(Room::new(&self.ends, &self.tag_key, &self.nonce, &welcome.nonce, Side::Dialer))
    }
}

/// Takes a dialer's first message: finds which of `doors` it proves, and answers.
///
/// Returns the welcome to send, what the proof opens, and the sealed room.
///
/// # Errors
/// [`DoorError::NoProof`]: say nothing and close.
pub fn listen(
    ends: &Ends,
    doors: &[(TagKey, Opens)],
    nonce: [u8; 32],
    message: &[u8],
) -> Result<(Vec<u8>, Opens, Room), DoorError> {
    let hello: Hello = codec::decode(message, "hello").map_err(|_| DoorError::Broken)?;
    if !VERSIONS.contains(&hello.version) {
        return Err(DoorError::Broken);
    }
    let parts = hello_parts(ends, &hello.nonce);
    let known = doors.iter().find(|(key, _)| bool::from(key.prove(&parts).ct_eq(&hello.proof)));
    let (tag_key, opens) = known.ok_or(DoorError::NoProof)?;
    let proof = tag_key.prove(&welcome_parts(ends, &hello.nonce, &nonce));
    let welcome = codec::encode(&Welcome { version: hello.version, nonce, proof });
    Ok((welcome, opens.clone(), Room::new(ends, tag_key, &hello.nonce, &nonce, Side::Listener)))
}

/// What follows a mutual proof: messages sealed under a key of this handshake alone.
pub struct Room {
    transcript: [u8; 32],
    key: PayloadKey,
    side: Side,
    sent: u8,
    received: u8,
}

impl Room {
    fn new(ends: &Ends, tag_key: &TagKey, dialer_nonce: &[u8; 32], listener_nonce: &[u8; 32], side: Side) -> Self {
        let parts = [ends.dialer.as_slice(), &ends.listener, dialer_nonce, listener_nonce];
        let mut hasher = blake3::Hasher::new_derive_key("afterglow 2026 door transcript");
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        let transcript = hasher.finalize().into();
        Self { transcript, key: tag_key.door_seal(&transcript), side, sent: 0, received: 0 }
    }

    /// Dialer or listener: shows that this device is a member.
    #[must_use]
    pub fn show(&mut self, credentials: &Credentials<'_>) -> Vec<u8> {
        let certificate = credentials.certificate(self.side, &self.transcript);
        self.seal(&Sealed::Certificate(certificate))
    }

    /// Joiner: asks to be let in by an invite.
    #[must_use]
    pub fn knock(&mut self, link: &InviteLink, keys: &DeviceKeys, role: Role) -> Vec<u8> {
        let invite = InviteKeys::from_seed(&link.seed);
        let knock = Knock {
            device: keys.id(),
            sealing: keys.sealing_key(),
            role,
            invite: invite.id(),
            vouch: invite.vouch(link.group, keys.id(), &keys.sealing_key(), role),
            seed_signature: invite.sign_transcript(&self.transcript),
            signature: keys.sign(Side::Dialer.purpose(), &self.transcript),
        };
        self.seal(&Sealed::Knock(knock))
    }

    /// Listener: takes what the dialer shows and checks every signature in it.
    ///
    /// # Errors
    /// [`DoorError::Broken`] for anything that `opens` does not allow, [`DoorError::NotConvincing`] for a bad signature.
    pub fn shown(&mut self, group: GroupId, opens: &Opens, message: &[u8]) -> Result<Shown, DoorError> {
        match (opens, self.open(message)?) {
            (Opens::Epoch, Sealed::Certificate(certificate)) => {
                certificate.device.verify(Side::Dialer.purpose(), &self.transcript, &certificate.signature)?;
                Ok(Shown::Member(certificate))
            }
            (Opens::Invite(invite), Sealed::Knock(knock)) if knock.invite == *invite => {
                knock.device.verify(Side::Dialer.purpose(), &self.transcript, &knock.signature)?;
                invite.verify_transcript(&self.transcript, &knock.seed_signature)?;
                invite.verify_vouch(group, knock.device, &knock.sealing, knock.role, &knock.vouch)?;
                Ok(Shown::Joiner(knock))
            }
            _ => Err(DoorError::Broken),
        }
    }

    /// Listener: lets a joiner in.
    #[must_use]
    pub fn admit(&mut self, admission: Admission, credentials: &Credentials<'_>) -> Vec<u8> {
        let certificate = credentials.certificate(Side::Listener, &self.transcript);
        self.seal(&Sealed::Admission(admission, certificate))
    }

    /// Listener: refuses, and says why to someone who proved an invite or an epoch.
    #[must_use]
    pub fn refuse(&mut self, refusal: Refusal) -> Vec<u8> {
        self.seal(&Sealed::Refused(refusal))
    }

    /// Dialer: takes the listener's answer and checks its signature.
    ///
    /// # Errors
    /// [`DoorError::Refused`], [`DoorError::Broken`] or [`DoorError::NotConvincing`].
    pub fn answered(&mut self, message: &[u8]) -> Result<Answer, DoorError> {
        let answer = match self.open(message)? {
            Sealed::Certificate(certificate) => Answer::Member(certificate),
            Sealed::Admission(admission, certificate) => Answer::Admitted(admission, certificate),
            Sealed::Refused(refusal) => return Err(DoorError::Refused(refusal)),
            Sealed::Knock(_) | Sealed::Done => return Err(DoorError::Broken),
        };
        let (Answer::Member(certificate) | Answer::Admitted(_, certificate)) = &answer;
        certificate.device.verify(Side::Listener.purpose(), &self.transcript, &certificate.signature)?;
        Ok(answer)
    }

    /// Dialer: says that it is convinced too.
    #[must_use]
    pub fn done(&mut self) -> Vec<u8> {
        self.seal(&Sealed::Done)
    }

    /// Listener: takes the last message.
    ///
    /// # Errors
    /// [`DoorError::Broken`].
    pub fn is_done(&mut self, message: &[u8]) -> Result<(), DoorError> {
        if self.open(message)? == Sealed::Done { Ok(()) } else { Err(DoorError::Broken) }
    }

    fn seal(&mut self, message: &Sealed) -> Vec<u8> {
        let nonce = nonce(self.side, self.sent);
        self.sent += 1;
        let cipher = ChaCha20Poly1305::new(&self.key.bytes().into());
        cipher
            .encrypt(&nonce.into(), codec::encode(message).as_slice())
            .expect("messages are far below the cipher's limit")
    }

    fn open(&mut self, message: &[u8]) -> Result<Sealed, DoorError> {
        let other = match self.side {
            Side::Dialer => Side::Listener,
            Side::Listener => Side::Dialer,
        };
        let nonce = nonce(other, self.received);
        self.received += 1;
        let cipher = ChaCha20Poly1305::new(&self.key.bytes().into());
        let bytes = cipher.decrypt(&nonce.into(), message).map_err(|_| DoorError::Broken)?;
        codec::decode(&bytes, "door message").map_err(|_| DoorError::Broken)
    }
}

/// What a dialer showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It is a device of the group, if the admissions hold.
    Member(Certificate),
    /// It holds the invite.
    Joiner(Knock),
}

/// What a listener answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is a device of the group, if the admissions hold.
    Member(Certificate),
    /// It lets the joiner in, if the admissions hold.
    Admitted(Admission, Certificate),
}

fn nonce(side: Side, count: u8) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[0] = side as u8;
    nonce[11] = count;
    nonce
}

fn hello_parts<'a>(ends: &'a Ends, nonce: &'a [u8; 32]) -> [&'a [u8]; 4] {
    [b"hello", &ends.dialer, &ends.listener, nonce]
}

fn welcome_parts<'a>(ends: &'a Ends, dialer_nonce: &'a [u8; 32], listener_nonce: &'a [u8; 32]) -> [&'a [u8]; 5] {
    [b"welcome", &ends.dialer, &ends.listener, dialer_nonce, listener_nonce]
}
