//! What operations say. One file a noun; the kind numbers are for ever.
//!
//! | number | body | plane |
//! |---|---|---|
//! | 1 | genesis | control |
//! | 2 | profile | control |
//! | 3, 4 | invite, its closing | control |
//! | 5 | admission | control |
//! | 6 to 11 | reserved: role, removal, restoration, epoch, link, successor | control |
//! | 12 | retraction | control |
//! | 64, 65 | moment, its original added later | content |
//! | 66 | caption | content |
//! | 67 | reaction | content |
//! | 71, 72 | clip opened, clip closed | content |
//! | 73, 74 | what a guest said, what was decided about a guest | content |
//! | 75 | clock of a camera | content |
//! | 76 | holding back from screens | content |
//!
//! A body is `[kind, value]`. A kind this version does not know is kept as it is and passed on.

mod clip;
mod clock;
mod guest;
mod hold;
mod member;
mod moment;
mod retract;
mod thread;

use minicbor::{Decode, Encode, Encoder};

pub use clip::{ClipClose, ClipOpen};
pub use clock::{CameraClock, CameraIdentity, ClockShift, shift_at, shifts_by_hand, shifts_by_photo};
pub use guest::{GuestFile, GuestPost, GuestSaid, GuestVerdict, Verdict, What};
pub use hold::Hold;
pub use member::{Admit, InviteClose, InviteGrant, Profile, Role};
pub use moment::{Moment, MomentKind, OriginalAdded, Place};
pub use retract::Retract;
pub use thread::{Caption, Reaction};

use crate::{Genesis, ModelError, codec};

/// Which key seals a payload: who must be able to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Plane {
    /// Membership, invites, retractions: also read by carriers of sealed data.
    #[n(0)]
    Control,
    /// Everything else.
    #[n(1)]
    Content,
}

macro_rules! bodies {
    ($( $number:literal $plane:ident $name:ident ),+ $(,)?) => {
        /// What an operation says.
        #[allow(clippy::large_enum_variant, reason = "bodies live for one call; moments are most of them")]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body {
            $( #[doc = concat!("Kind ", $number)] $name($name), )+
            /// A kind of a newer version: its number and its encoded value.
            Unknown(u16, Vec<u8>),
        }

        impl Body {
            /// The kind's number.
            #[must_use]
            pub fn kind(&self) -> u16 {
                match self { $( Body::$name(_) => $number, )+ Body::Unknown(kind, _) => *kind }
            }

            /// The plane it must be sealed in; nothing for an unknown kind.
            #[must_use]
            pub fn plane(&self) -> Option<Plane> {
                match self { $( Body::$name(_) => Some(Plane::$plane), )+ Body::Unknown(..) => None }
            }

            /// Checks every limit of the body.
            ///
            /// # Errors
            /// [`ModelError`] naming the field.
            pub fn check(&self) -> Result<(), ModelError> {
                match self { $( Body::$name(body) => body.check(), )+ Body::Unknown(..) => Ok(()) }
            }

            fn encode_value(&self) -> Vec<u8> {
                match self { $( Body::$name(body) => codec::encode(body), )+ Body::Unknown(_, value) => value.clone() }
            }

            fn decode_value(kind: u16, value: &[u8]) -> Result<Self, ModelError> {
                match kind {
                    $( $number => codec::decode(value, stringify!($name)).map(Body::$name), )+
                    unknown => Ok(Body::Unknown(unknown, value.to_vec())),
                }
            }
        }
    };
}

bodies! {
    1 Control Genesis,
    2 Control Profile,
    3 Control InviteGrant,
    4 Control InviteClose,
    5 Control Admit,
    12 Control Retract,
    64 Content Moment,
    65 Content OriginalAdded,
    66 Content Caption,
    67 Content Reaction,
    71 Content ClipOpen,
    72 Content ClipClose,
    73 Content GuestPost,
    74 Content GuestVerdict,
    75 Content CameraClock,
    76 Content Hold,
}

impl Body {
    /// Encodes kind and value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::new(Vec::with_capacity(256));
        // Writing to memory cannot fail.
        let _ = out.array(2).and_then(|e| e.u16(self.kind()));
        let mut bytes = out.into_writer();
        bytes.extend(self.encode_value());
        bytes
    }

    /// Decodes kind and value and checks every limit.
    ///
    /// # Errors
    /// [`ModelError`] naming what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let malformed = |_| ModelError::Malformed { what: "body" };
        let mut decoder = minicbor::Decoder::new(bytes);
        if decoder.array().map_err(malformed)? != Some(2) {
            return Err(ModelError::Malformed { what: "body" });
        }
        let kind = decoder.u16().map_err(malformed)?;
        let value = &bytes[decoder.position()..];
        decoder.skip().map_err(malformed)?;
        if decoder.position() != bytes.len() {
            return Err(ModelError::Malformed { what: "body" });
        }
        let body = Self::decode_value(kind, value)?;
        body.check()?;
        Ok(body)
    }
}
