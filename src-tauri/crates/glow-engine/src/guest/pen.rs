//! Signing as a guest does in its browser: for rehearsals before an event, and for tests.

use data_encoding::HEXLOWER;
use glow_model::{DeviceKeys, GroupId, GuestFile, GuestKey, GuestPostId, GuestSaid, Reaction, What};

use crate::{
    clock::{now_ms, random},
    error::{ApiResult, bad_request},
};

/// A guest's key and name.
#[derive(Clone)]
pub struct GuestPen {
    keys: DeviceKeys,
    name: String,
}

/// Something that a guest has signed, as the contract takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPost {
    /// The post's id.
    pub id: String,
    /// What was signed.
    pub said: String,
    /// The signature.
    pub signature: String,
}

/// A file as a guest's page sees it.
#[derive(Debug, Clone, Copy)]
pub struct GuestUploadFile<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its name.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// When it was captured.
    pub captured_ms: u64,
    /// Its caption; empty when there is none.
    pub caption: &'a str,
    /// Whether it may be shared as it is where its format cannot be proved free of places.
    pub as_it_is: bool,
}

impl GuestPen {
    /// A guest of that name, whose key follows from the seed.
    #[must_use]
    pub fn new(seed: [u8; 32], name: &str) -> Self {
        Self { keys: DeviceKeys::from_seeds(seed, [0; 32]), name: name.to_owned() }
    }

    /// A guest of that name with a key of its own.
    #[must_use]
    pub fn fresh(name: &str) -> Self {
        Self::new(random(), name)
    }

    /// What the guest calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The guest's key.
    #[must_use]
    pub fn key(&self) -> String {
        self.public().to_string()
    }

    /// Shows in a session who the guest is.
    #[must_use]
    pub fn prove(&self, binding: &[u8; 32]) -> String {
        HEXLOWER.encode(&GuestKey::sign_session(&self.keys, binding))
    }

    /// Says that there is a file. With the `id` of a post that was signed before it is said anew.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::BadRequest`] for a malformed group or id.
    pub fn file(&self, group: &str, id: Option<&str>, file: GuestUploadFile<'_>) -> ApiResult<SignedPost> {
        let what = What::File(GuestFile {
            hash: blake3::hash(file.bytes).into(),
            size: file.bytes.len() as u64,
            media_type: file.media_type.to_owned(),
            file_name: file.name.to_owned(),
            captured_ms: file.captured_ms,
            width: 0,
            height: 0,
            duration_ms: None,
            caption: file.caption.to_owned(),
            as_it_is: file.as_it_is,
        });
        self.sign(group, id, what)
    }

    /// Gives a reaction to a moment, or takes it away.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::BadRequest`] for a malformed group or moment.
    pub fn reaction(&self, group: &str, moment: &str, emoji: &str, on: bool) -> ApiResult<SignedPost> {
        let moment = moment.parse().map_err(|_| bad_request("the moment id is malformed"))?;
        self.sign(group, None, What::Reaction(Reaction { moment, emoji: emoji.to_owned(), on }))
    }

    /// Takes an own post back.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::BadRequest`] for a malformed group or post.
    pub fn retraction(&self, group: &str, post: &str) -> ApiResult<SignedPost> {
        let post = post.parse().map_err(|_| bad_request("the post id is malformed"))?;
        self.sign(group, None, What::Retraction(post))
    }

    fn sign(&self, group: &str, id: Option<&str>, what: What) -> ApiResult<SignedPost> {
        let group: GroupId = group.parse().map_err(|_| bad_request("the group id is malformed"))?;
        let id = id.map(str::parse::<GuestPostId>).transpose().map_err(|_| bad_request("the post id is malformed"))?;
        let id = id.unwrap_or_else(|| GuestPostId(random()));
        let said = GuestSaid { name: self.name.clone(), time_ms: now_ms(), what }.encode();
        let signature = GuestKey::sign_post(&self.keys, group, id, &said);
        Ok(SignedPost { id: id.to_string(), said: HEXLOWER.encode(&said), signature: HEXLOWER.encode(&signature) })
    }

    fn public(&self) -> GuestKey {
        GuestKey(self.keys.id().0)
    }
}

impl std::fmt::Debug for GuestPen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestPen").field("name", &self.name).finish_non_exhaustive()
    }
}
