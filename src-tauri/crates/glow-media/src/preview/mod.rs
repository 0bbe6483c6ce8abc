//! Previews: what is shown of a file before, or instead of, its original. All are baseline JPEG in sRGB, upright, without
//! any metadata.

mod code;
mod colour;
mod decode;
mod encode;
mod scale;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::MediaError;
use crate::external::ExternalTools;
use crate::format::Format;
use crate::limits;
use crate::probe::{Kind, Probe, TimeSource};

/// A preview as it is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewJpeg {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The baseline JPEG.
    pub bytes: Vec<u8>,
}

/// Everything that is derived from one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previews {
    /// ThumbHash, at most [`limits::PLACEHOLDER_BYTES`].
    pub placeholder: Vec<u8>,
    /// For the grid: long side [`limits::GRID_SIDE`], at most [`limits::GRID_BYTES`].
    pub grid: PreviewJpeg,
    /// For the screen: fits [`limits::SCREEN_SIDE`], at most [`limits::SCREEN_BYTES`].
    pub screen: PreviewJpeg,
    /// The text of a QR code in it. It is looked for in photos that say when they were captured.
    pub code: Option<String>,
}

/// Why there is a plain tile instead of a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileReason {
    /// No program of this system decodes the format.
    NoTool,
    /// The programs of this system could not decode this file.
    ToolFailed,
    /// The program did not finish in time.
    ToolTimedOut,
    /// The place for intermediate files cannot be written.
    NoScratchSpace,
    /// The picture is larger than what is decoded.
    TooLarge,
    /// The picture is damaged or of an unusual kind.
    Undecodable,
}

impl fmt::Display for TileReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTool => "no program on this system decodes the format",
            Self::ToolFailed => "the programs on this system cannot decode the file",
            Self::ToolTimedOut => "decoding took too long",
            Self::NoScratchSpace => "no place for intermediate files",
            Self::TooLarge => "the picture is too large to decode",
            Self::Undecodable => "the picture is damaged or of an unusual kind",
        })
    }
}

/// What [`preview`] comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewOutcome {
    /// All previews.
    Previews(Box<Previews>),
    /// None; the moment is shown as a plain tile.
    Tile(TileReason),
}

/// Makes the previews of the file at `path`, which `probe` describes. HEIF, AVIF, TIFF and clips are decoded by `tools`,
/// which may write into a private directory inside `scratch`.
///
/// # Errors
/// [`MediaError::Io`] when the file cannot be read, and failures of encoding. A picture that cannot be decoded is no
/// error but a [`TileReason`].
pub fn preview(
    path: &Path,
    probe: &Probe,
    tools: &ExternalTools,
    scratch: &Path,
) -> Result<PreviewOutcome, MediaError> {
    let decoded = match probe.format {
        Format::Jpeg | Format::Png | Format::WebP | Format::Gif => {
            return preview_bytes(&read_photo(path)?, probe);
        }
        Format::Heif | Format::Avif | Format::Tiff => tools.still(path, probe.format, probe.orientation, scratch),
        Format::Mp4 | Format::Mov | Format::ThreeGp | Format::WebM | Format::Matroska => {
            tools.poster(path, probe.format, probe.duration_ms, probe.orientation, scratch)
        }
    };
    match decoded {
        Ok(decoded) => outcome(decode::jpeg(&decoded.jpeg), decoded.orientation, may_show_code(probe)),
        Err(reason) => Ok(PreviewOutcome::Tile(reason)),
    }
}

/// Makes the previews of a JPEG, PNG, WebP or GIF in memory; other formats become a tile.
///
/// # Errors
/// As [`preview`].
pub fn preview_bytes(bytes: &[u8], probe: &Probe) -> Result<PreviewOutcome, MediaError> {
    let decoded = match probe.format {
        Format::Jpeg => decode::jpeg(bytes),
        Format::Png => decode::other(bytes, image::ImageFormat::Png),
        Format::WebP => decode::other(bytes, image::ImageFormat::WebP),
        Format::Gif => decode::other(bytes, image::ImageFormat::Gif),
        _ => return Ok(PreviewOutcome::Tile(TileReason::NoTool)),
    };
    outcome(decoded, probe.orientation, may_show_code(probe))
}

/// Screenshots, drawings and clips are no photos of a screen.
fn may_show_code(probe: &Probe) -> bool {
    probe.kind == Kind::Photo && probe.captured.is_some_and(|captured| captured.source == TimeSource::Exif)
}

fn outcome(
    decoded: Result<decode::Decoded, MediaError>,
    orientation: u8,
    may_show_code: bool,
) -> Result<PreviewOutcome, MediaError> {
    match decoded {
        Ok(decoded) => Ok(PreviewOutcome::Previews(Box::new(derive(decoded, orientation, may_show_code)?))),
        Err(MediaError::TooLarge { .. }) => Ok(PreviewOutcome::Tile(TileReason::TooLarge)),
        Err(error) => {
            tracing::debug!(%error, "picture cannot be decoded");
            Ok(PreviewOutcome::Tile(TileReason::Undecodable))
        }
    }
}

/// One decode serves all sizes: each is scaled from the next larger one.
fn derive(decoded: decode::Decoded, orientation: u8, may_show_code: bool) -> Result<Previews, MediaError> {
    let mut screen = scale::fit(decoded.picture, limits::SCREEN_SIDE)?;
    if let Some(profile) = &decoded.profile {
        colour::to_srgb(&mut screen, profile);
    }
    let screen = screen.upright(orientation);
    // Somebody waits for the small one: the larger one is encoded meanwhile.
    std::thread::scope(|scope| {
        let larger = scope.spawn(|| encode::preview(&screen, limits::SCREEN_AIM_BYTES, limits::SCREEN_BYTES));
        let grid = scale::fit(screen.clone(), limits::GRID_SIDE)?;
        let placeholder = encode::placeholder(&scale::fit(grid.clone(), 100)?);
        let grid = encode::preview(&grid, limits::GRID_AIM_BYTES, limits::GRID_BYTES)?;
        let code = if may_show_code { code::find(&screen)? } else { None };
        let larger = larger.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Previews { placeholder, grid, screen: larger?, code })
    })
}

fn read_photo(path: &Path) -> Result<Vec<u8>, MediaError> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    if len > limits::PHOTO_BYTES {
        return Err(MediaError::TooLarge { what: "photo in bytes", limit: limits::PHOTO_BYTES });
    }
    let mut bytes = Vec::with_capacity(len as usize);
    // The file may grow while it is read.
    file.take(limits::PHOTO_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
