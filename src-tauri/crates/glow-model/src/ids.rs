//! Ids: newtypes over bytes that print and parse as lower-case hex.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::ModelError;

macro_rules! id {
    ($( $(#[$doc:meta])* $name:ident[$len:literal] ),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] { &self.0 }

            /// An id from a slice of exactly the right length.
            ///
            /// # Errors
            /// [`ModelError::Malformed`] for any other length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, ModelError> {
                bytes.try_into().map($name).map_err(|_| ModelError::Malformed { what: stringify!($name) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&HEXLOWER.encode(&self.0)) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}…)", stringify!($name), &HEXLOWER.encode(&self.0[..4]))
            }
        }

        impl FromStr for $name {
            type Err = ModelError;
            fn from_str(text: &str) -> Result<Self, ModelError> {
                let malformed = ModelError::Malformed { what: stringify!($name) };
                if text.len() != 2 * $len { return Err(malformed); }
                HEXLOWER.decode(text.as_bytes()).map_err(|_| malformed).and_then(|bytes| Self::from_slice(&bytes))
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?).map_err(|_| decode::Error::message("length of id"))
            }
        }
    )+ };
}

id! {
    /// BLAKE3 of a group's [`crate::Genesis`].
    GroupId[32],
    /// BLAKE3 of an operation's header.
    OperationId[32],
    /// Ed25519 public key of a device in one group.
    DeviceId[32],
    /// BLAKE3 of a blob's sealed bytes.
    BlobId[32],
    /// BLAKE3 of what is signed of a fragment record.
    FragmentId[32],
    /// Random id of an epoch.
    EpochId[16],
    /// Ed25519 public key of an invite.
    InviteId[32],
    /// Ed25519 public key of a guest, made in its browser.
    GuestKey[32],
    /// Random id of something a guest said.
    GuestPostId[16],
    /// Keyed BLAKE3 of a capture with location and serial numbers blanked: the same photo twice has one.
    MediaId[32],
    /// A camera's serial number under a key of the device that imported from it: it tells two bodies of one model apart, and no
    /// member can try serial numbers against it.
    CameraBodyId[8],
}
