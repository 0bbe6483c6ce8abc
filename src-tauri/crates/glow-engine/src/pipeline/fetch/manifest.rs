//! Manifests: the lists of the segments of large originals.

use glow_model::{BlobRef, Original, Segments, blob::encode_manifest};
use glow_store::{BlobWant, StoreError};

use crate::{
    error::{ApiResult, IntoApi},
    group::Group,
};

/// Makes the manifest of a clip that was watched to its end from the records of its fragments: it need not be sent.
pub(super) fn adopt_manifest(group: &Group, want: &BlobWant) -> Result<(), StoreError> {
    if group.store.clip(want.moment)?.is_none_or(|clip| clip.fragments == 0) {
        return Ok(());
    }
    let bytes = encode_manifest(&group.store.segments(want.moment, want.part)?);
    let secret = &group.secrets().secret;
    if BlobRef::seal(secret, &mut bytes.clone()).id == want.blob.id
        && let Err(error) = group.blobs.import(secret, bytes)
    {
        tracing::debug!(%error, "manifest");
    }
    Ok(())
}

/// Opens a manifest and tells the store which segments it names. A manifest that does not add up names none.
pub(super) fn read_manifest(group: &Group, want: &BlobWant) -> ApiResult<()> {
    let bytes = group.blobs.read(&want.blob).map_err(IntoApi::into_api)?;
    let Some(row) = group.store.moment(want.moment).map_err(IntoApi::into_api)? else {
        return Ok(());
    };
    let part = match want.part {
        glow_store::Part::Motion => row.motion,
        _ => row.original,
    };
    let size = part.map_or(0, |part| part.size_bytes);
    let original = Original { media_type: row.media_type, size, segments: Segments::Manifest(want.blob.clone()) };
    let segments: Vec<BlobRef> = match original.read_manifest(&bytes) {
        Ok(segments) => segments,
        Err(error) => {
            tracing::warn!(moment = %want.moment, %error, "manifest");
            return Ok(());
        }
    };
    group.store.manifest_read(want.moment, want.part, &segments).map_err(IntoApi::into_api)?;
    if want.part == glow_store::Part::Original {
        let holdings: Vec<_> = segments.iter().map(|segment| (segment.id, row.author, true)).collect();
        group.store.holders(&holdings).map_err(IntoApi::into_api)?;
    }
    Ok(())
}
