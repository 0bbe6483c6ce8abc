//! States: the newest thing a device says of itself, one value a slot.
//!
//! ```text
//! state   = [ header bytes, signature, payload ]
//! header  = [ version, group, device, slot, counter, time, epoch, payload hash, payload size ]
//! payload = nonce (24) ‖ XChaCha20-Poly1305(value)    associated data: the header with hash and size zero
//! ```
//!
//! Of two states of one device and slot the one with the higher counter stands; with one counter (a restored copy of a data
//! directory), the higher header hash. Nothing else of them is compared, so every order of arrival ends the same. Counters
//! follow the device's clock, which carries them past whatever a restored copy has forgotten.
//!
//! | slot | value |
//! |---|---|
//! | 0 | [`Presence`]: awake, asleep or leaving, and what it keeps of others' originals |
//! | 1 | [`SeenUpTo`]: how far its owner has seen the timeline |
//! | 2 | [`TakebackDone`]: what was taken back and is erased there |
//! | 3 | [`Holdings`]: what it holds for good |
//! | 4 | [`GuestDoor`]: whether it lets guests in, and where |
//!
//! Values 2 and 3 are [`Marks`] over the authors' logs. They stand in the state while they fit, else in a sealed blob that
//! the state names ([`Sheet`]). A slot that this version does not know is kept and passed on.

mod guest_door;
mod holdings;
mod marks;
mod presence;
mod seen_up_to;
mod takeback_done;

use std::ops::Deref;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use minicbor::{Decode, Encode, bytes::ByteVec};

pub use guest_door::{DoorRights, DoorSecret, GuestDoor};
pub use holdings::Holdings;
pub use marks::{Marks, SeqSet};
pub use presence::{Keeps, Presence, Wakefulness};
pub use seen_up_to::SeenUpTo;
pub use takeback_done::TakebackDone;

use crate::{BlobRef, DeviceId, DeviceKeys, EpochId, GroupId, ModelError, PayloadKey, codec, limits};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const PURPOSE: &str = "state";

/// Which of a device's values a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Slot(#[n(0)] u8);

impl Slot {
    /// [`Presence`].
    pub const PRESENCE: Self = Self(0);
    /// [`SeenUpTo`].
    pub const SEEN_UP_TO: Self = Self(1);
    /// [`TakebackDone`].
    pub const TAKEBACK_DONE: Self = Self(2);
    /// [`Holdings`].
    pub const HOLDINGS: Self = Self(3);
    /// [`GuestDoor`].
    pub const GUEST_DOOR: Self = Self(4);

    /// The slot of a number.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] at [`limits::STATE_SLOTS`] and above.
    pub fn new(number: u8) -> Result<Self, ModelError> {
        if number < limits::STATE_SLOTS { Ok(Self(number)) } else { Err(ModelError::TooLarge { what: "slot" }) }
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

/// What a device says in one of its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Slot 0.
    Presence(Presence),
    /// Slot 1.
    SeenUpTo(SeenUpTo),
    /// Slot 2: an encoded [`TakebackDone`].
    TakebackDone(Sheet),
    /// Slot 3: an encoded [`Holdings`].
    Holdings(Sheet),
    /// Slot 4.
    GuestDoor(GuestDoor),
    /// A slot of a newer version: its number and its encoded value.
    Unknown(Slot, Vec<u8>),
}

impl Value {
    /// The slot it belongs to.
    #[must_use]
    pub fn slot(&self) -> Slot {
        match self {
            Value::Presence(_) => Slot::PRESENCE,
            Value::SeenUpTo(_) => Slot::SEEN_UP_TO,
            Value::TakebackDone(_) => Slot::TAKEBACK_DONE,
            Value::Holdings(_) => Slot::HOLDINGS,
            Value::GuestDoor(_) => Slot::GUEST_DOOR,
            Value::Unknown(slot, _) => *slot,
        }
    }

    /// The blob it names, where the value stands in one.
    #[must_use]
    pub fn blob(&self) -> Option<&BlobRef> {
        match self {
            Value::TakebackDone(Sheet::Blob(blob)) | Value::Holdings(Sheet::Blob(blob)) => Some(blob),
            Value::TakebackDone(Sheet::Here(_))
            | Value::Holdings(Sheet::Here(_))
            | Value::Presence(_)
            | Value::SeenUpTo(_)
            | Value::GuestDoor(_)
            | Value::Unknown(..) => None,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Value::Presence(presence) => codec::encode(presence),
            Value::SeenUpTo(seen) => codec::encode(seen),
            Value::GuestDoor(door) => codec::encode(door),
            Value::TakebackDone(sheet) | Value::Holdings(sheet) => codec::encode(sheet),
            Value::Unknown(_, bytes) => bytes.clone(),
        }
    }

    fn decode(slot: Slot, bytes: &[u8]) -> Result<Self, ModelError> {
        let value = match slot {
            Slot::PRESENCE => Value::Presence(codec::decode(bytes, "presence")?),
            Slot::SEEN_UP_TO => Value::SeenUpTo(codec::decode(bytes, "seen up to")?),
            Slot::TAKEBACK_DONE => Value::TakebackDone(codec::decode(bytes, "takeback done")?),
            Slot::HOLDINGS => Value::Holdings(codec::decode(bytes, "holdings")?),
            Slot::GUEST_DOOR => {
                let door: GuestDoor = codec::decode(bytes, "guest door")?;
                door.check()?;
                Value::GuestDoor(door)
            }
            unknown => Value::Unknown(unknown, bytes.to_vec()),
        };
        match value.blob() {
            Some(blob) if blob.size > limits::SHEET_BYTES as u64 => Err(ModelError::TooLarge { what: "sheet" }),
            _ => Ok(value),
        }
    }
}

/// Where a long value stands: in the state, or in a sealed blob of at most [`limits::SHEET_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Sheet {
    /// In the state: the encoded value.
    #[n(0)]
    Here(#[n(0)] ByteVec),
    /// In a blob.
    #[n(1)]
    Blob(#[n(0)] BlobRef),
}

/// What is signed of a state.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StateHeader {
    /// Version of the format.
    #[n(0)]
    pub version: u8,
    /// The group it belongs to.
    #[n(1)]
    pub group: GroupId,
    /// The device that says it of itself.
    #[n(2)]
    pub device: DeviceId,
    /// Which of its values.
    #[n(3)]
    pub slot: Slot,
    /// Higher is newer.
    #[n(4)]
    pub counter: u64,
    /// The device's wall clock when it said it, milliseconds since the Unix epoch.
    #[n(5)]
    pub time_ms: u64,
    /// The epoch whose content key seals the payload.
    #[n(6)]
    pub epoch: EpochId,
    /// BLAKE3 of the sealed payload.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub payload_hash: [u8; 32],
    /// Bytes of the sealed payload.
    #[n(8)]
    pub payload_size: u32,
}

impl StateHeader {
    fn check(&self) -> Result<(), ModelError> {
        if self.version != VERSION {
            return Err(ModelError::UnknownVersion { what: "state", version: self.version });
        }
        Slot::new(self.slot.0)?;
        let is_small = self.payload_size as usize <= limits::STATE_BYTES;
        if is_small && self.counter < limits::TIME_MS && self.time_ms < limits::TIME_MS {
            Ok(())
        } else {
            Err(ModelError::TooLarge { what: "state" })
        }
    }

    fn associated_data(&self) -> Vec<u8> {
        codec::encode(&Self { payload_hash: [0; 32], payload_size: 0, ..self.clone() })
    }
}

/// A state as bytes said it: nothing of it is known to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    header_bytes: Vec<u8>,
    header: StateHeader,
    signature: [u8; 64],
    payload: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Wire {
    #[n(0)]
    header: ByteVec,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
    #[n(2)]
    payload: ByteVec,
}

impl State {
    /// Reads a state from outside bytes.
    ///
    /// # Errors
    /// [`ModelError`] when too large, malformed, of another version or out of range.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::STATE_BYTES {
            return Err(ModelError::TooLarge { what: "state" });
        }
        let wire: Wire = codec::decode_canonical(bytes, "state")?;
        let header_bytes: Vec<u8> = wire.header.into();
        let header: StateHeader = codec::decode_canonical(&header_bytes, "state header")?;
        header.check()?;
        Ok(Self { header_bytes, header, signature: wire.signature, payload: wire.payload.into() })
    }

    /// Checks payload hash and signature.
    ///
    /// # Errors
    /// [`ModelError::Invalid`] for a payload that is not the one signed, [`ModelError::BadSignature`].
    pub fn verify(self) -> Result<VerifiedState, ModelError> {
        let payload_fits = self.payload.len() == self.header.payload_size as usize
            && blake3::hash(&self.payload).as_bytes() == &self.header.payload_hash;
        if !payload_fits {
            return Err(ModelError::Invalid { what: "payload hash" });
        }
        self.header.device.verify(PURPOSE, &self.header_bytes, &self.signature)?;
        Ok(VerifiedState(self))
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &StateHeader {
        &self.header
    }

    /// The state as it goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Wire {
            header: self.header_bytes.clone().into(),
            signature: self.signature,
            payload: self.payload.clone().into(),
        })
    }
}

/// A state whose signature and payload hash were checked. Only these are stored, shown or passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedState(State);

impl Deref for VerifiedState {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl VerifiedState {
    /// What decides between two states of one device and slot: the higher stands.
    #[must_use]
    pub fn rank(&self) -> (u64, [u8; 32]) {
        (self.0.header.counter, blake3::hash(&self.0.header_bytes).into())
    }

    /// Opens the payload.
    ///
    /// # Errors
    /// [`ModelError::DoesNotOpen`], or what is wrong with the value.
    pub fn open(&self, key: &PayloadKey) -> Result<Value, ModelError> {
        let (nonce, sealed) = self.0.payload.split_at_checked(NONCE_BYTES).ok_or(ModelError::DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| ModelError::DoesNotOpen)?;
        let aad = self.0.header.associated_data();
        let bytes = XChaCha20Poly1305::new(&key.0.into())
            .decrypt(&nonce, Payload { msg: sealed, aad: &aad })
            .map_err(|_| ModelError::DoesNotOpen)?;
        Value::decode(self.0.header.slot, &bytes)
    }
}

/// What a device decides of a state before the payload exists.
#[derive(Debug, Clone, Copy)]
pub struct StateDraft {
    /// The group.
    pub group: GroupId,
    /// Higher than of everything it said in that slot before.
    pub counter: u64,
    /// Its clock, milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The epoch to seal under.
    pub epoch: EpochId,
}

impl StateDraft {
    /// Seals the value under the epoch's content key with a nonce never used with it before, and signs the header.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] for a value that belongs into a blob.
    pub fn author(
        self,
        value: &Value,
        keys: &DeviceKeys,
        key: &PayloadKey,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<VerifiedState, ModelError> {
        let mut header = StateHeader {
            version: VERSION,
            group: self.group,
            device: keys.id(),
            slot: value.slot(),
            counter: self.counter,
            time_ms: self.time_ms,
            epoch: self.epoch,
            payload_hash: [0; 32],
            payload_size: 0,
        };
        let sealed = XChaCha20Poly1305::new(&key.0.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: &value.encode(), aad: &header.associated_data() })
            .map_err(|_| ModelError::TooLarge { what: "state" })?;
        let payload = [nonce.as_slice(), &sealed].concat();
        header.payload_hash = blake3::hash(&payload).into();
        header.payload_size = u32::try_from(payload.len()).map_err(|_| ModelError::TooLarge { what: "state" })?;
        header.check()?;
        let header_bytes = codec::encode(&header);
        let signature = keys.sign(PURPOSE, &header_bytes);
        let state = State { header_bytes, header, signature, payload };
        if state.encode().len() > limits::STATE_BYTES {
            return Err(ModelError::TooLarge { what: "state" });
        }
        Ok(VerifiedState(state))
    }
}
