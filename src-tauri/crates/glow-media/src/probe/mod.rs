//! What a file says about itself: kind, size, rotation, times, camera. Structure only; no pixel is decoded here.

mod clip;
mod exif;
mod still;
#[cfg(test)]
mod tests;
mod time;

use std::io::{Read, Seek};

use crate::error::MediaError;
use crate::format::{Format, SNIFF_BYTES};
use crate::source::{ReadSeek, Source};

/// How a moment made of this file behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One picture.
    Photo,
    /// A picture that moves by itself: GIF, animated WebP, APNG, image sequence.
    Animation,
    /// Video with or without sound.
    Clip,
}

/// Which record the capture time was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// EXIF date fields.
    Exif,
    /// QuickTime's `com.apple.quicktime.creationdate` or `©day`.
    QuickTime,
    /// The movie header, defined as UTC.
    MovieHeader,
    /// Matroska's `DateUTC`.
    Matroska,
}

/// When the camera says that it captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapturedAt {
    /// Milliseconds since the Unix epoch. Without an offset this is the camera's wall clock read as if it were UTC.
    pub unix_ms: i64,
    /// The camera's offset from UTC in minutes, if it is known.
    pub offset_minutes: Option<i16>,
    /// Where it was read.
    pub source: TimeSource,
}

/// The device that captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Manufacturer, possibly empty.
    pub make: String,
    /// Model, possibly empty.
    pub model: String,
}

/// Where the camera says that it captured (WGS 84), in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpsPlace {
    /// North of the equator.
    pub latitude_e6: i32,
    /// East of Greenwich.
    pub longitude_e6: i32,
}

/// What [`probe`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The container.
    pub format: Format,
    /// Photo, animation or clip.
    pub kind: Kind,
    /// Width in pixels as shown, orientation applied.
    pub width: u32,
    /// Height in pixels as shown, orientation applied.
    pub height: u32,
    /// EXIF orientation, 1 to 8, that turns the coded picture into the shown one.
    pub orientation: u8,
    /// Duration of a clip or animation in milliseconds.
    pub duration_ms: Option<u64>,
    /// Capture time.
    pub captured: Option<CapturedAt>,
    /// Camera.
    pub camera: Option<Camera>,
    /// Serial number of the camera's body: never to leave the device as it is.
    pub camera_serial: Option<String>,
    /// Apple's identifier that the two files of a Live Photo share.
    pub content_identifier: Option<String>,
    /// Whether the file says where it was captured.
    pub location_present: bool,
    /// Where that is, of a photo.
    pub place: Option<GpsPlace>,
}

impl Probe {
    fn new(format: Format, kind: Kind) -> Self {
        Self {
            format,
            kind,
            width: 0,
            height: 0,
            orientation: 1,
            duration_ms: None,
            captured: None,
            camera: None,
            camera_serial: None,
            content_identifier: None,
            location_present: false,
            place: None,
        }
    }

    /// Sets the size as coded, turned by the orientation that is set already.
    fn set_coded_size(&mut self, width: u32, height: u32) {
        (self.width, self.height) = if self.orientation > 4 { (height, width) } else { (width, height) };
    }
}

/// Reads what a file says about itself, by its content alone.
///
/// # Errors
/// [`MediaError::UnknownFormat`] for anything but the known photos and clips, [`MediaError::Malformed`] or
/// [`MediaError::TooComplex`] where not even kind and size can be found.
pub fn probe<R: Read + Seek>(reader: &mut R) -> Result<Probe, MediaError> {
    probe_source(reader)
}

fn probe_source(reader: &mut dyn ReadSeek) -> Result<Probe, MediaError> {
    let mut source = Source::new(reader)?;
    let whole = source.whole();
    let head = source.head(whole, SNIFF_BYTES)?;
    let format = Format::sniff(&head).ok_or(MediaError::UnknownFormat)?;
    let probe = match format {
        Format::Jpeg => still::jpeg(&mut source),
        Format::Png => still::png(&mut source),
        Format::WebP => still::webp(&mut source),
        Format::Gif => still::gif(&mut source),
        Format::Tiff => still::tiff(&mut source),
        Format::Heif | Format::Avif => still::heif(&mut source, format),
        Format::Mp4 | Format::Mov | Format::ThreeGp => clip::movie(&mut source, format),
        Format::WebM | Format::Matroska => clip::matroska(&mut source, format),
    }?;
    if probe.width == 0 || probe.height == 0 {
        return Err(MediaError::malformed("picture: it has no size"));
    }
    Ok(probe)
}
