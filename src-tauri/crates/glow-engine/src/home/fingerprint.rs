//! The album's fingerprint, as hosts show it.

use data_encoding::HEXLOWER;
use glow_api::FingerprintView;
use glow_model::three_words;
use glow_store::GroupStore;

use crate::{
    error::{ApiResult, IntoApi},
    view,
};

/// What the store says of operations and blobs. It believes what was noted of blobs; who must be sure reads them first.
pub(crate) fn fingerprint(store: &GroupStore) -> ApiResult<FingerprintView> {
    let found = store.fingerprint().map_err(IntoApi::into_api)?;
    Ok(FingerprintView {
        fingerprint: HEXLOWER.encode(&found.held),
        words: three_words(&found.held),
        album: HEXLOWER.encode(&found.album),
        album_words: three_words(&found.album),
        operations: view::count64(found.operations),
        blobs: view::count64(found.blobs),
        lacking: view::count64(found.lacking),
        lacking_bytes: found.lacking_bytes,
    })
}
