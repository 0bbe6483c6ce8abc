//! What a guest signed, as it comes over the contract.

use data_encoding::HEXLOWER_PERMISSIVE;
use glow_api::{ApiError, ErrorCode};
use glow_model::{GuestPostId, GuestSaid, limits};

use crate::{
    error::{ApiResult, bad_request},
    guest::Visit,
};

/// Reads what a guest signed and checks that it did.
pub(super) fn read(
    visit: &Visit,
    id: &str,
    said: &str,
    signature: &str,
) -> ApiResult<(GuestPostId, GuestSaid, Vec<u8>, [u8; 64])> {
    let id = post_id(id)?;
    if said.len() > 2 * limits::GUEST_SAID_BYTES {
        return Err(bad_request("what was said is too long"));
    }
    let signed = HEXLOWER_PERMISSIVE.decode(said.as_bytes()).map_err(|_| bad_request("what was said is malformed"))?;
    let signature = bytes::<64>(signature)?;
    visit
        .key
        .verify_post(visit.group.id, id, &signed, &signature)
        .map_err(|_| ApiError::new(ErrorCode::NotAllowed, "the signature does not fit"))?;
    let said = GuestSaid::decode(&signed).map_err(|error| bad_request(format!("what was said: {error}")))?;
    Ok((id, said, signed, signature))
}

pub(super) fn post_id(text: &str) -> ApiResult<GuestPostId> {
    text.parse().map_err(|_| bad_request("the post id is malformed"))
}

pub(super) fn bytes<const N: usize>(text: &str) -> ApiResult<[u8; N]> {
    let malformed = || bad_request("a signature is malformed");
    if text.len() != 2 * N {
        return Err(malformed());
    }
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| malformed())?;
    bytes.try_into().map_err(|_| malformed())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
