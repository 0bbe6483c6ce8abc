//! From a guest's file to a moment, and what follows for this device from what guests say and what is decided about them.
//!
//! The pictures that a page made to be shown first are decoded and made anew here, under the limits of every picture from outside: what
//! goes out is as clean as what this device makes itself.

use std::{collections::BTreeSet, io::Cursor, path::PathBuf, sync::Arc};

use glow_media::{ExternalTools, PreviewOutcome, Previews, Verdict};
use glow_model::{Body, GuestFile, GuestKey, GuestPost, GuestPostId, Moment, MomentKind, OperationId, Retract, limits};
use glow_store::LocalCapture;

use crate::{
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    pipeline::{
        describe::{describe, safe_name},
        ingest::{self, CaptureFile, Probed},
        seal::Sealing,
    },
};

/// What a guest signed, and the file it is about.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) guest: GuestKey,
    pub(crate) post: GuestPostId,
    pub(crate) file: GuestFile,
    pub(crate) said: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

/// What a whole file came to.
pub(crate) enum Made {
    /// It can be posted.
    Moment(Box<Moment>, LocalCapture),
    /// A moment with the same capture is on the timeline, and nothing of this post is.
    AlreadyThere(OperationId),
    /// Its format cannot be proved free of places, and its guest has not said that it may be shared as it is.
    NeedsChoice,
}

impl Signed {
    /// What is shown before the original has come: the previews that the page made.
    pub(crate) fn early(&self, group: &Group, preview: Option<&[u8]>) -> ApiResult<(Moment, LocalCapture)> {
        let previews = preview.map(cleaned).transpose()?.flatten();
        let mut sealing = Sealing::new(group);
        let file = &self.file;
        let mut moment = Moment {
            kind: if file.media_type.starts_with("video/") { MomentKind::Clip } else { MomentKind::Photo },
            media: GuestPost::early_media(self.guest, self.post),
            media_type: file.media_type.clone(),
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            captured_ms: file.captured_ms,
            offset_min: None,
            camera: None,
            file_name: safe_name(&file.file_name),
            placeholder: Vec::new().into(),
            grid: None,
            screen: None,
            original: None,
            motion: None,
            place: None,
            camera_body: None,
        };
        show(&mut moment, previews, &mut sealing)?;
        Ok((moment, kept(sealing)))
    }

    /// The moment that a whole file is.
    pub(crate) fn whole(
        &self,
        group: &Group,
        tools: &ExternalTools,
        data: PathBuf,
        preview: Option<&[u8]>,
    ) -> ApiResult<Made> {
        let scratch = data.parent().map(std::path::Path::to_owned).ok_or_else(|| bad_request("no such file"))?;
        let captured_ms = i64::try_from(self.file.captured_ms).ok();
        let file = CaptureFile { path: data, name: self.file.file_name.clone(), modified_at_ms: captured_ms };
        let (probe, size) = ingest::probe(&file)?;
        let probed = Probed { file, probe, size };
        let blanking = ingest::blank(&probed)?;
        let is_clean = !matches!(blanking.verdict, Verdict::NotProvable(_));
        if !is_clean && !self.file.as_it_is {
            return Ok(Made::NeedsChoice);
        }
        let media = ingest::identify(group, &probed, &blanking)?;
        let has_been_shown = group.store.has_guest_said(self.guest, self.post).map_err(IntoApi::into_api)?;
        if let Some(id) = group.store.moment_by_media(media).map_err(IntoApi::into_api)?
            && !has_been_shown
        {
            return Ok(Made::AlreadyThere(id));
        }
        let mut moment = describe(&probed.file, &probed.probe, media, false);
        ingest::require_captured_before_the_end(group, &moment)?;
        if moment.width == 0 || moment.height == 0 {
            (moment.width, moment.height) = (self.file.width, self.file.height);
        }
        moment.duration_ms = moment.duration_ms.or(self.file.duration_ms);
        let previews = match ingest::previews(&probed, tools, &scratch)? {
            Some(previews) => Some(previews),
            None => preview.map(cleaned).transpose()?.flatten(),
        };
        let mut sealing = Sealing::new(group);
        show(&mut moment, previews, &mut sealing)?;
        let segments = sealing.file(glow_store::Part::Original, &probed, &blanking)?;
        moment.original = Some(sealing.original(probed.probe.format.media_type().to_owned(), segments)?);
        Ok(Made::Moment(Box::new(moment), kept(sealing)))
    }

    /// The operation's body.
    pub(crate) fn post(&self, moment: Moment, review: bool) -> GuestPost {
        GuestPost {
            guest: self.guest,
            id: self.post,
            said: self.said.clone().into(),
            signature: self.signature,
            review,
            moment: Some(moment),
        }
    }
}

/// What was sealed counts as here. The bytes that were blanked are not kept: they are the guest's, not this device's.
fn kept(sealing: Sealing<'_>) -> LocalCapture {
    let written = sealing.finish();
    LocalCapture { held: written.held, ..LocalCapture::default() }
}

fn show(moment: &mut Moment, previews: Option<Box<Previews>>, sealing: &mut Sealing<'_>) -> ApiResult<()> {
    let Some(previews) = previews else { return Ok(()) };
    if moment.width == 0 || moment.height == 0 {
        (moment.width, moment.height) = (previews.screen.width, previews.screen.height);
    }
    moment.placeholder = previews.placeholder.into();
    moment.grid = Some(sealing.blob(previews.grid.bytes)?);
    moment.screen = Some(sealing.blob(previews.screen.bytes)?);
    Ok(())
}

/// The previews of a picture that a page made; nothing for what is none.
fn cleaned(bytes: &[u8]) -> ApiResult<Option<Box<Previews>>> {
    let probe = glow_media::probe(&mut Cursor::new(bytes)).map_err(IntoApi::into_api)?;
    match glow_media::preview_bytes(bytes, &probe).map_err(IntoApi::into_api)? {
        PreviewOutcome::Previews(previews) => Ok(Some(previews)),
        PreviewOutcome::Tile(reason) => {
            tracing::debug!(%reason, "a guest's preview is none");
            Ok(None)
        }
    }
}

/// After something of guests changed: sessions of the blocked end, and what guests took back is erased by the device at
/// whose door it was said.
pub(crate) async fn follow_up(group: Arc<Group>) {
    if let Err(error) = expel_blocked(&group).await {
        tracing::warn!(%error, "blocked guests stay for now");
    }
    let _one = group.guests.erasing.lock().await;
    let this = group.clone();
    let gone = match blocking(move || this.store.guest_takebacks(this.me)).await {
        Ok(gone) => gone,
        Err(error) => return tracing::warn!(%error, "what guests took back stays for now"),
    };
    for target in gone {
        if let Err(error) = group.author(Body::Retract(Retract { target }), None).await {
            tracing::debug!(%error, "what a guest took back stays for now");
        }
    }
}

async fn expel_blocked(group: &Arc<Group>) -> ApiResult<()> {
    let this = group.clone();
    let blocked = blocking(move || {
        let mut blocked = BTreeSet::new();
        for guest in this.guests.sessions.here().into_keys().take(limits::GUESTS) {
            if this.store.is_blocked(guest, this.me)? {
                blocked.insert(guest);
            }
        }
        Ok::<_, glow_store::StoreError>(blocked)
    })
    .await?;
    group.guests.sessions.end_guests(&blocked);
    Ok(())
}
