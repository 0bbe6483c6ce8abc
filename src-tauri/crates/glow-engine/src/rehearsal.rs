//! What a host needs to rehearse an event: pictures that nobody took.

use glow_api::ApiError;

use crate::error::blocking;

/// A picture as a guest might take it, as JPEG; another one for each number.
///
/// # Errors
/// [`glow_api::ErrorCode::Internal`] when it cannot be made.
pub async fn rehearsal_picture(number: u32) -> Result<Vec<u8>, ApiError> {
    blocking(move || glow_media::picture(number)).await
}
