//! A moment: one captured thing.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    BlobRef, CameraBodyId, MediaId, ModelError, OperationId, Original, blob::check_media_type, limits, text::clean_line,
};

/// What kind of thing was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MomentKind {
    /// A still picture.
    #[n(0)]
    Photo,
    /// A clip.
    #[n(1)]
    Clip,
    /// A still with its moving part.
    #[n(2)]
    Live,
}

/// Everything about a capture that is needed to lay it out, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Moment {
    /// What it is.
    #[n(0)]
    pub kind: MomentKind,
    /// Identity of the capture: the same photo posted twice has one.
    #[n(1)]
    pub media: MediaId,
    /// Media type of the (still's) original.
    #[n(2)]
    pub media_type: String,
    /// Pixels, orientation applied; 0 when unknown.
    #[n(3)]
    pub width: u32,
    /// Pixels, orientation applied; 0 when unknown.
    #[n(4)]
    pub height: u32,
    /// Length of a clip.
    #[n(5)]
    pub duration_ms: Option<u32>,
    /// When it was captured, milliseconds since the Unix epoch.
    #[n(6)]
    pub captured_ms: u64,
    /// The camera's offset from UTC in minutes, where the file says it.
    #[n(7)]
    pub offset_min: Option<i16>,
    /// Make and model, where the file says it: captures of one camera are corrected together.
    #[n(8)]
    pub camera: Option<String>,
    /// Name of the file, without any folder.
    #[n(9)]
    pub file_name: String,
    /// Thumbhash; empty when there is none.
    #[n(10)]
    pub placeholder: ByteVec,
    /// About 320 px, baseline JPEG.
    #[n(11)]
    pub grid: Option<BlobRef>,
    /// About 1,600 px, baseline JPEG.
    #[n(12)]
    pub screen: Option<BlobRef>,
    /// The photo or clip itself; nothing while its owner is asked whether to share it.
    #[n(13)]
    pub original: Option<Original>,
    /// The moving part of a Live Photo.
    #[n(14)]
    pub motion: Option<Original>,
    /// Where it was captured; only when its author shares that in this group.
    #[n(15)]
    pub place: Option<Place>,
    /// Which body of that model, where the file says it: told from another by this device, and by nobody else.
    #[n(16)]
    pub camera_body: Option<CameraBodyId>,
}

/// A place on Earth (WGS 84), in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// North of the equator.
    #[n(0)]
    pub latitude_e6: i32,
    /// East of Greenwich.
    #[n(1)]
    pub longitude_e6: i32,
}

impl Place {
    /// Whether it lies on the globe.
    #[must_use]
    pub fn is_on_earth(self) -> bool {
        self.latitude_e6.abs() <= 90_000_000 && self.longitude_e6.abs() <= 180_000_000
    }
}

impl Moment {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let is_line = |text: &str, max| clean_line(text, max).is_some_and(|clean| clean == text);
        check_media_type(&self.media_type)?;
        check_file_name(&self.file_name)?;
        if self.width > limits::MEDIA_PIXELS || self.height > limits::MEDIA_PIXELS {
            return Err(ModelError::TooLarge { what: "pixel size" });
        }
        if self.captured_ms >= limits::TIME_MS || self.offset_min.is_some_and(|minutes| minutes.abs() > 18 * 60) {
            return Err(ModelError::Invalid { what: "capture time" });
        }
        if self.camera.as_ref().is_some_and(|camera| !is_line(camera, limits::CAMERA_CHARS)) {
            return Err(ModelError::Invalid { what: "camera" });
        }
        if self.place.is_some_and(|place| !place.is_on_earth()) {
            return Err(ModelError::Invalid { what: "place" });
        }
        check_previews(&self.placeholder, self.grid.as_ref(), self.screen.as_ref())?;
        self.original.iter().chain(&self.motion).try_for_each(Original::check)
    }
}

/// Brings the original of a moment that was posted with previews only. Only the moment's author can.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OriginalAdded {
    /// The moment.
    #[n(0)]
    pub moment: OperationId,
    /// Its original.
    #[n(1)]
    pub original: Original,
    /// The moving part of a Live Photo.
    #[n(2)]
    pub motion: Option<Original>,
}

impl OriginalAdded {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        std::iter::once(&self.original).chain(&self.motion).try_for_each(Original::check)
    }
}

/// Checks what shows a moment before its original does.
pub(super) fn check_previews(
    placeholder: &[u8],
    grid: Option<&BlobRef>,
    screen: Option<&BlobRef>,
) -> Result<(), ModelError> {
    if placeholder.len() > limits::PLACEHOLDER_BYTES {
        return Err(ModelError::TooLarge { what: "placeholder" });
    }
    check_preview(grid, limits::GRID_PREVIEW_BYTES)?;
    check_preview(screen, limits::SCREEN_PREVIEW_BYTES)
}

fn check_preview(blob: Option<&BlobRef>, max: u64) -> Result<(), ModelError> {
    if blob.is_some_and(|blob| blob.size > max || blob.size == 0) {
        Err(ModelError::TooLarge { what: "preview" })
    } else {
        Ok(())
    }
}

/// A name, never a path: no separator, no leading dot, one clean line.
fn check_file_name(name: &str) -> Result<(), ModelError> {
    let fits = name.len() <= limits::FILE_NAME_BYTES
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':', '\0'])
        && clean_line(name, limits::FILE_NAME_BYTES).is_some_and(|clean| clean == name);
    if fits { Ok(()) } else { Err(ModelError::Invalid { what: "file name" }) }
}
