//! What guests post. A guest has no device in the group and no log: it takes part in a browser, served by a member that has
//! opened its door, and signs what it says with a key of its own.
//!
//! ```text
//! guest post = { guest key, id, said, signature, review, moment }      an operation of the door's member
//! said       = { name, time, one of: file, reaction, retraction }      the bytes that the guest signed
//! signed     = "afterglow v1 guest post" 00 ‖ group id (32) ‖ id (16) ‖ said
//! ```
//!
//! Goals: whoever reads a post knows that the guest said it, whichever door it came through; the same thing said through two
//! doors (a host left in the middle of an upload) counts once, by guest key and id. No goal: that a member cannot post as a
//! guest of its own making, and that a door shows the file which the guest meant: what a member's device makes of a file
//! (blanked, sealed, with previews) it answers for itself, as it does for its own captures.
//!
//! A file may be posted twice through one door: first with the previews that the guest's page made, under a [media
//! id](GuestPost::early_media) that follows from guest key and id, then with its original under the media id that its bytes
//! have. The second takes the place of the first.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    DeviceId, DeviceKeys, GroupId, GuestKey, GuestPostId, MediaId, ModelError, Moment, Reaction,
    blob::check_media_type,
    codec, limits,
    text::{clean_line, clean_text},
};

const POST: &str = "guest post";
const SESSION: &str = "guest session";

/// Something a guest said, passed on by the member at whose door it said so.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GuestPost {
    /// The guest's public key.
    #[n(0)]
    pub guest: GuestKey,
    /// Random; with the key it names what was said, for ever.
    #[n(1)]
    pub id: GuestPostId,
    /// An encoded [`GuestSaid`], as it was signed.
    #[n(2)]
    pub said: ByteVec,
    /// The guest's signature.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Whether it waits until somebody has looked at it: the door asks for that.
    #[n(4)]
    pub review: bool,
    /// What the door's device made of the file, where one was posted.
    #[n(5)]
    pub moment: Option<Moment>,
}

impl GuestPost {
    /// The media id of a moment whose original has not come yet: every door says the same.
    #[must_use]
    pub fn early_media(guest: GuestKey, id: GuestPostId) -> MediaId {
        let named = [guest.as_bytes().as_slice(), id.as_bytes()].concat();
        MediaId(blake3::derive_key("afterglow v1 guest moment", &named))
    }

    /// What the guest said.
    ///
    /// # Errors
    /// [`ModelError`] when it does not decode or breaks a limit.
    pub fn said(&self) -> Result<GuestSaid, ModelError> {
        GuestSaid::decode(&self.said)
    }

    /// Whether the original is among it: then its media id is that of the file.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.moment.as_ref().is_some_and(|moment| moment.original.is_some())
    }

    /// Checks the guest's signature.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify(&self, group: GroupId) -> Result<(), ModelError> {
        self.guest.verify_post(group, self.id, &self.said, &self.signature)
    }

    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let said = self.said()?;
        match (&said.what, &self.moment) {
            (What::File(_), Some(moment)) => {
                let is_early = moment.original.is_none();
                if is_early && (moment.motion.is_some() || moment.media != Self::early_media(self.guest, self.id)) {
                    return Err(ModelError::Invalid { what: "guest moment" });
                }
                moment.check()
            }
            (What::Reaction(_) | What::Retraction(_), None) => Ok(()),
            (What::File(_), None) | (What::Reaction(_) | What::Retraction(_), Some(_)) => {
                Err(ModelError::Invalid { what: "guest post" })
            }
        }
    }
}

/// What a guest signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestSaid {
    /// What the guest calls itself.
    pub name: String,
    /// The guest's clock, milliseconds since the Unix epoch: of two things it said of one subject the later counts.
    pub time_ms: u64,
    /// What it says.
    pub what: What,
}

/// One thing that a guest can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Here is a photo or a clip.
    File(GuestFile),
    /// A reaction to a moment, given or taken away.
    Reaction(Reaction),
    /// Something it posted earlier is to go.
    Retraction(GuestPostId),
}

/// The encoded form: exactly one of the last three fields stands.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Said {
    #[n(0)]
    name: String,
    #[n(1)]
    time_ms: u64,
    #[n(2)]
    file: Option<GuestFile>,
    #[n(3)]
    reaction: Option<Reaction>,
    #[n(4)]
    retraction: Option<GuestPostId>,
}

/// A file as the guest's page sees it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GuestFile {
    /// BLAKE3 of its bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Its bytes.
    #[n(1)]
    pub size: u64,
    /// Its media type as the browser says it.
    #[n(2)]
    pub media_type: String,
    /// Its name, without any folder.
    #[n(3)]
    pub file_name: String,
    /// When it was captured, as far as the page knows: the time of the file.
    #[n(4)]
    pub captured_ms: u64,
    /// Pixels, orientation applied; 0 when unknown.
    #[n(5)]
    pub width: u32,
    /// Pixels, orientation applied; 0 when unknown.
    #[n(6)]
    pub height: u32,
    /// Length of a clip.
    #[n(7)]
    pub duration_ms: Option<u32>,
    /// Its caption; empty when there is none.
    #[n(8)]
    pub caption: String,
    /// Whether it may be shared as it is where its format cannot be proved free of places.
    #[n(9)]
    pub as_it_is: bool,
}

impl GuestSaid {
    /// The bytes to sign.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (file, reaction, retraction) = match &self.what {
            What::File(file) => (Some(file.clone()), None, None),
            What::Reaction(reaction) => (None, Some(reaction.clone()), None),
            What::Retraction(id) => (None, None, Some(*id)),
        };
        codec::encode(&Said { name: self.name.clone(), time_ms: self.time_ms, file, reaction, retraction })
    }

    /// Reads what a guest signed and checks its limits. Only the canonical encoding is read.
    ///
    /// # Errors
    /// [`ModelError`] naming what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > limits::GUEST_SAID_BYTES {
            return Err(ModelError::TooLarge { what: "guest post" });
        }
        let said: Said = codec::decode_canonical(bytes, "guest post")?;
        let what = match (said.file, said.reaction, said.retraction) {
            (Some(file), None, None) => What::File(file),
            (None, Some(reaction), None) => What::Reaction(reaction),
            (None, None, Some(id)) => What::Retraction(id),
            _ => return Err(ModelError::Invalid { what: "guest post" }),
        };
        let said = Self { name: said.name, time_ms: said.time_ms, what };
        said.check()?;
        Ok(said)
    }

    fn check(&self) -> Result<(), ModelError> {
        check_guest_name(&self.name)?;
        if self.time_ms >= limits::TIME_MS {
            return Err(ModelError::Invalid { what: "time" });
        }
        match &self.what {
            What::File(file) => file.check(),
            What::Reaction(reaction) => reaction.check(),
            What::Retraction(_) => Ok(()),
        }
    }
}

impl GuestFile {
    fn check(&self) -> Result<(), ModelError> {
        check_media_type(&self.media_type)?;
        let is_line = clean_line(&self.file_name, limits::FILE_NAME_BYTES).is_some_and(|clean| clean == self.file_name);
        if !is_line || self.file_name.len() > limits::FILE_NAME_BYTES {
            return Err(ModelError::Invalid { what: "file name" });
        }
        if self.size == 0 || self.size > limits::FILE_BYTES {
            return Err(ModelError::TooLarge { what: "file" });
        }
        if self.width > limits::MEDIA_PIXELS || self.height > limits::MEDIA_PIXELS {
            return Err(ModelError::TooLarge { what: "pixel size" });
        }
        if self.captured_ms >= limits::TIME_MS {
            return Err(ModelError::Invalid { what: "capture time" });
        }
        let is_clean = clean_text(&self.caption, limits::CAPTION_CHARS).is_some_and(|clean| clean == self.caption);
        if is_clean { Ok(()) } else { Err(ModelError::Invalid { what: "caption" }) }
    }
}

/// A name like a member's, and never empty.
fn check_guest_name(name: &str) -> Result<(), ModelError> {
    let is_clean = !name.is_empty() && clean_line(name, limits::NAME_CHARS).is_some_and(|clean| clean == name);
    if is_clean { Ok(()) } else { Err(ModelError::Invalid { what: "name" }) }
}

impl GuestKey {
    /// Signs what a guest says in a group.
    #[must_use]
    pub fn sign_post(keys: &DeviceKeys, group: GroupId, id: GuestPostId, said: &[u8]) -> [u8; 64] {
        keys.sign(POST, &post_message(group, id, said))
    }

    /// Signs that whoever holds these keys is at this end of a session.
    #[must_use]
    pub fn sign_session(keys: &DeviceKeys, binding: &[u8; 32]) -> [u8; 64] {
        keys.sign(SESSION, binding)
    }

    /// Verifies a signature over what a guest said in a group.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify_post(
        &self,
        group: GroupId,
        id: GuestPostId,
        said: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), ModelError> {
        DeviceId(self.0).verify(POST, &post_message(group, id, said), signature)
    }

    /// Verifies that whoever holds this key is at the other end of a session; the page signs the session's binding.
    ///
    /// # Errors
    /// [`ModelError::BadSignature`].
    pub fn verify_session(&self, binding: &[u8; 32], signature: &[u8; 64]) -> Result<(), ModelError> {
        DeviceId(self.0).verify(SESSION, binding, signature)
    }

    /// Whom the moments and reactions of this guest are filed under, beside the members.
    #[must_use]
    pub fn person(&self) -> DeviceId {
        DeviceId(self.0)
    }

    /// One of twelve hues, 0 to 11.
    #[must_use]
    pub fn colour(&self) -> u8 {
        self.0[0] % 12
    }
}

fn post_message(group: GroupId, id: GuestPostId, said: &[u8]) -> Vec<u8> {
    [group.as_bytes().as_slice(), id.as_bytes(), said].concat()
}

/// What a host, or the member at whose door it was said, decides about a guest. Of several about one subject the one with the
/// highest turn counts, hosts' before others', ties by id; a door's member decides only about what came through its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GuestVerdict {
    /// The guest.
    #[n(0)]
    pub guest: GuestKey,
    /// The post; nothing when it is about the guest.
    #[n(1)]
    pub post: Option<GuestPostId>,
    /// What was decided.
    #[n(2)]
    pub verdict: Verdict,
    /// One more than that of the verdict it replaces.
    #[n(3)]
    pub turn: u64,
}

/// What can be decided about a guest or a post of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// The post is shown.
    #[n(0)]
    Approve,
    /// The post is not shown.
    #[n(1)]
    HoldBack,
    /// Nothing of the guest is shown, and no door lets it in.
    #[n(2)]
    Block,
    /// The guest is like any other again.
    #[n(3)]
    Unblock,
}

impl GuestVerdict {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let is_about_a_post = matches!(self.verdict, Verdict::Approve | Verdict::HoldBack);
        if is_about_a_post == self.post.is_some() && self.turn < limits::TIME_MS {
            Ok(())
        } else {
            Err(ModelError::Invalid { what: "verdict" })
        }
    }
}
