//! Sealing: the bytes of a capture become blobs, and what only its owner's device knows of them is kept beside.

use std::sync::Arc;

use glow_media::{Blanking, Verdict};
use glow_model::{BlobId, BlobRef, Original, Segments, blob::encode_manifest, limits};
use glow_store::{CapturedPart, LocalCapture, Part, Patch};

use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::ingest::{Probed, each_segment},
};

/// Seals the parts of one moment and remembers what only this device knows of them. Unless it is finished, what it wrote is
/// left to the next sweep.
pub(crate) struct Sealing<'a> {
    group: &'a Group,
    pub(crate) local: LocalCapture,
    kept: Vec<(Part, Vec<BlobRef>)>,
    /// What was written here and is not known to the store yet.
    written: Vec<BlobId>,
}

impl<'a> Sealing<'a> {
    pub(crate) fn new(group: &'a Group) -> Self {
        Self { group, local: LocalCapture::default(), kept: Vec::new(), written: Vec::new() }
    }

    /// Seals a file as it is shared. The bytes that were blanked are kept, so that the owner's export is bit-identical.
    pub(crate) fn file(&mut self, part: Part, file: &Probed, blanking: &Blanking) -> ApiResult<Vec<BlobRef>> {
        // What cannot be proved clean is kept untouched: when its owner shares it, it is shared as it is.
        let shares_blanked = !matches!(blanking.verdict, Verdict::NotProvable(_));
        let (mut segments, mut patches) = (Vec::new(), Vec::new());
        each_segment(file, |offset, mut bytes| {
            if shares_blanked {
                patches.extend(originals(blanking, offset, &bytes));
                blanking.apply(offset, &mut bytes);
            }
            segments.push(self.blob(bytes)?);
            Ok(())
        })?;
        self.local.needs_choice |= !shares_blanked;
        self.local.parts.push(CapturedPart { part, patches, held_back: None });
        self.kept.push((part, segments.clone()));
        Ok(segments)
    }

    pub(crate) fn blob(&mut self, bytes: Vec<u8>) -> ApiResult<BlobRef> {
        let blob = import(self.group, bytes);
        self.note(blob)
    }

    /// Seals two blobs, which wait for the disk together.
    pub(crate) fn both(&mut self, one: Vec<u8>, other: Vec<u8>) -> ApiResult<(BlobRef, BlobRef)> {
        let group = self.group;
        let (one, other) = beside(|| import(group, one), || import(group, other));
        let (one, other) = (self.note(one), self.note(other));
        Ok((one?, other?))
    }

    fn note(&mut self, blob: ApiResult<BlobRef>) -> ApiResult<BlobRef> {
        blob.inspect(|blob| {
            self.local.held.push(blob.id);
            self.written.push(blob.id);
        })
    }

    pub(crate) fn original(&mut self, media_type: String, segments: Vec<BlobRef>) -> ApiResult<Original> {
        let size = segments.iter().map(|segment| segment.size).sum();
        let segments = if segments.len() <= limits::INLINE_SEGMENTS {
            Segments::Inline(segments)
        } else {
            Segments::Manifest(self.blob(encode_manifest(&segments))?)
        };
        Ok(Original { media_type, size, segments })
    }

    pub(crate) fn hold_back(&mut self) {
        for (part, segments) in std::mem::take(&mut self.kept) {
            if let Some(captured) = self.local.parts.iter_mut().find(|captured| captured.part == part) {
                captured.held_back = Some(segments);
            }
        }
    }

    pub(crate) fn finish(mut self) -> LocalCapture {
        self.written.clear();
        let mut local = std::mem::take(&mut self.local);
        local.parts.retain(|part| !part.patches.is_empty() || part.held_back.is_some());
        local
    }
}

impl Drop for Sealing<'_> {
    fn drop(&mut self) {
        // Held and named by nothing is what a sweep takes.
        if !self.written.is_empty()
            && let Err(error) = self.group.store.blobs_held(&self.written, true)
        {
            tracing::warn!(%error, "what was not posted stays on the disk");
        }
    }
}

fn import(group: &Group, bytes: Vec<u8>) -> ApiResult<BlobRef> {
    group.blobs.import(&group.secrets().secret, bytes).map_err(IntoApi::into_api)
}

/// Does two things at once.
pub(crate) fn beside<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

/// The bytes of a segment that blanking will overwrite, with their places in the file.
pub(crate) fn originals(blanking: &Blanking, offset: u64, bytes: &[u8]) -> Vec<Patch> {
    let end = offset + bytes.len() as u64;
    let overlap = |patch: &glow_media::Patch| {
        let from = patch.offset.max(offset);
        let to = (patch.offset + patch.bytes.len() as u64).min(end);
        let within = usize::try_from(from.checked_sub(offset)?).ok()?..usize::try_from(to.checked_sub(offset)?).ok()?;
        bytes.get(within).filter(|range| !range.is_empty()).map(|range| Patch { offset: from, bytes: range.to_vec() })
    };
    blanking.patches.iter().filter_map(overlap).collect()
}

/// An original told by its segments, with a manifest blob where they are many. Answers what was written for it.
pub(crate) fn original(
    group: &Group,
    media_type: String,
    segments: Vec<BlobRef>,
) -> ApiResult<(Original, LocalCapture)> {
    let mut sealing = Sealing::new(group);
    let original = sealing.original(media_type, segments)?;
    Ok((original, sealing.finish()))
}

/// Removes the bytes that no live moment names any more.
pub(crate) async fn sweep_unused(group: &Arc<Group>) {
    let this = group.clone();
    let swept = blocking(move || {
        for blob in this.store.unused_blobs().map_err(IntoApi::into_api)? {
            let _keeping = this.keeping();
            if this.store.is_unused(blob).map_err(IntoApi::into_api)? {
                this.blobs.remove(blob).map_err(IntoApi::into_api)?;
                this.store.forget_blob(blob).map_err(IntoApi::into_api)?;
            }
        }
        ApiResult::Ok(())
    })
    .await;
    if let Err(error) = swept {
        tracing::warn!(%error, "unused blobs stay for now");
    }
}
