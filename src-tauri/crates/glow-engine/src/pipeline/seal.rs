//! Sealing: the bytes of a capture become blobs, and what only its owner's device knows of them is kept beside.

use std::sync::Arc;

use glow_media::{Blanking, Verdict};
use glow_model::{BlobRef, Original, Segments, blob::encode_manifest, limits};
use glow_store::{CapturedPart, LocalCapture, Part, Patch};

use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::ingest::{Probed, each_segment},
};

/// Seals the parts of one moment and remembers what only this device knows of them.
pub(crate) struct Sealing<'a> {
    group: &'a Group,
    pub(crate) local: LocalCapture,
    kept: Vec<(Part, Vec<BlobRef>)>,
}

impl<'a> Sealing<'a> {
    pub(crate) fn new(group: &'a Group) -> Self {
        Self { group, local: LocalCapture::default(), kept: Vec::new() }
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
        let blob = self.group.blobs.import(&self.group.secrets().secret, bytes).map_err(IntoApi::into_api)?;
        self.local.held.push(blob.id);
        Ok(blob)
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
        self.local.parts.retain(|part| !part.patches.is_empty() || part.held_back.is_some());
        self.local
    }
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
            this.blobs.remove(blob).map_err(IntoApi::into_api)?;
            this.store.forget_blob(blob).map_err(IntoApi::into_api)?;
        }
        ApiResult::Ok(())
    })
    .await;
    if let Err(error) = swept {
        tracing::warn!(%error, "unused blobs stay for now");
    }
}
