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

/// The preview that a guest's page makes of such a picture, as JPEG.
///
/// # Errors
/// As [`rehearsal_picture`].
pub async fn rehearsal_preview(number: u32) -> Result<Vec<u8>, ApiError> {
    blocking(move || glow_media::picture_preview(number)).await
}
