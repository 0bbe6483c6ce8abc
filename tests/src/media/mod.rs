//! Photos and clips as cameras make them: real files, the same in every run, made once into the target directory.
//!
//! Photo `n` differs from every other in its pixels, capture time, place, orientation and byte order of its EXIF block; each
//! carries a camera's name, serial numbers, an opaque maker note and a position, which [`Sample::secrets`] names.

mod clip;
mod exif;
mod picture;
mod random;
mod recording;
mod shot;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};

use crate::target;
pub use clip::has_ffmpeg;
pub use exif::FIRST_CAPTURE_MS;
pub use random::Random;
pub use recording::Recording;
pub use shot::Shot;

/// Changed whenever the recipes change, so that nothing old is used.
const EDITION: &str = "media-2";

/// Megapixels of photo `n`, in turn: 1 to 12.
const SIZES: [u32; 10] = [2, 1, 4, 3, 8, 1, 6, 2, 12, 5];

/// One file and what is private in it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Where it is.
    pub path: PathBuf,
    /// Byte strings that a shared copy must not contain: positions and serial numbers, as they stand in the file.
    pub secrets: Vec<Vec<u8>>,
}

impl Sample {
    /// The file's bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        fs::read(&self.path).with_context(|| self.path.display().to_string())
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Makes samples, or finds those made before. One process makes at a time.
#[derive(Debug)]
pub struct Studio {
    folder: PathBuf,
    lock: File,
}

impl Studio {
    /// The studio of this target directory.
    ///
    /// # Errors
    /// Its folder cannot be made.
    pub fn open() -> Result<Self> {
        let folder = target::cache(EDITION)?;
        let lock = File::create(folder.join("lock"))?;
        Ok(Self { folder, lock })
    }

    /// Photo `number`: a JPEG of 1 to 12 megapixels, in one of the eight orientations.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn photo(&self, number: u32) -> Result<Sample> {
        self.photo_sized(number, SIZES[number as usize % SIZES.len()])
    }

    /// Photo `number` in a size of its own, in megapixels.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn photo_sized(&self, number: u32, megapixels: u32) -> Result<Sample> {
        let facts = exif::Facts::of(number);
        let path = self.made(&format!("IMG_{number:04}_{megapixels}mp.jpg"), |path| {
            let picture = picture::draw(number, megapixels);
            picture.save_with_format(path, image::ImageFormat::Jpeg)?;
            let jpeg = exif::insert(&fs::read(path)?, &facts.block());
            Ok(fs::write(path, jpeg)?)
        })?;
        Ok(Sample { path, secrets: facts.secrets() })
    }

    /// A PNG of about 700 x 500 pixels, without metadata.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn png(&self, number: u32) -> Result<Sample> {
        self.plain(number, "png", image::ImageFormat::Png)
    }

    /// A lossless WebP of about 700 x 500 pixels, without metadata.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn webp(&self, number: u32) -> Result<Sample> {
        self.plain(number, "webp", image::ImageFormat::WebP)
    }

    /// Clip `number` of two seconds, with a location atom (even: MP4's `loci`; odd: QuickTime's metadata key); nothing
    /// without ffmpeg.
    ///
    /// # Errors
    /// ffmpeg fails.
    pub fn clip(&self, number: u32) -> Result<Option<Sample>> {
        if !has_ffmpeg() {
            return Ok(None);
        }
        let recipe = clip::Recipe::of(number);
        let path = self.made(&recipe.file_name(), |path| recipe.make(path, None))?;
        Ok(Some(Sample { path, secrets: recipe.secrets() }))
    }

    /// The still and the movie of a Live Photo: one content identifier in both; nothing without ffmpeg.
    ///
    /// # Errors
    /// ffmpeg fails, or the still cannot be written.
    pub fn live_photo(&self, number: u32) -> Result<Option<(Sample, Sample)>> {
        if !has_ffmpeg() {
            return Ok(None);
        }
        let identifier = format!("5E7F0A1C-0000-4000-8000-{number:012}");
        let facts = exif::Facts::of(number).with_content_identifier(&identifier);
        let still = self.made(&format!("LIVE_{number:04}.jpg"), |path| {
            picture::draw(number, 1).save_with_format(path, image::ImageFormat::Jpeg)?;
            Ok(fs::write(path, exif::insert(&fs::read(path)?, &facts.block()))?)
        })?;
        let recipe = clip::Recipe::of(2 * number + 1);
        let movie = self.made(&format!("LIVE_{number:04}.mov"), |path| recipe.make(path, Some(&identifier)))?;
        Ok(Some((Sample { path: still, secrets: facts.secrets() }, Sample { path: movie, secrets: recipe.secrets() })))
    }

    fn plain(&self, number: u32, ending: &str, format: image::ImageFormat) -> Result<Sample> {
        let path = self.made(&format!("drawing_{number:04}.{ending}"), |path| {
            let picture = picture::draw_sized(number, 700, 500);
            Ok(picture.save_with_format(path, format)?)
        })?;
        Ok(Sample { path, secrets: vec![] })
    }

    /// The file of this name; made under another name first, so that a killed run leaves no half of it.
    fn made(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let path = self.folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
        flock(&self.lock, FlockOperation::LockExclusive)?;
        let made = (|| {
            if path.is_file() {
                return Ok(());
            }
            let draft = self.folder.join(format!("draft-{name}"));
            make(&draft).with_context(|| format!("cannot make {name}"))?;
            anyhow::Ok(fs::rename(&draft, &path)?)
        })();
        flock(&self.lock, FlockOperation::Unlock)?;
        made.map(|()| path)
    }
}
