//! May a shared copy differ from its owner's file as it does?
//!
//! A shared copy has its owner's length and bytes, but for positions and serial numbers (EXIF in JPEG, location atoms in
//! MP4 and MOV), which are gone from it. This module finds those places with its own small readers, so that a mistake in
//! the product's blanking cannot hide itself.

mod jpeg;
mod movie;

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};

use crate::media::Sample;

/// Compares what arrived with what was posted.
///
/// # Errors
/// The lengths differ, a byte differs outside of what is private, or something private is still there.
pub fn is_shared_form(sample: &Sample, shared: &[u8]) -> Result<()> {
    let owned = sample.bytes()?;
    ensure!(owned.len() == shared.len(), "{} has {} bytes, {} arrived", sample.name(), owned.len(), shared.len());
    let private = private_ranges(&owned).with_context(|| sample.name())?;
    let foreign =
        (0..owned.len()).find(|&at| owned[at] != shared[at] && !private.iter().any(|range| range.contains(&at)));
    if let Some(at) = foreign {
        bail!("{} differs at byte {at}, outside of {private:?}", sample.name());
    }
    for secret in &sample.secrets {
        ensure!(find(&owned, secret).is_some(), "{} shall hold its secret {secret:02x?}", sample.name());
        if let Some(at) = find(shared, secret) {
            bail!("{} still has its secret {secret:02x?}, at byte {at}", sample.name());
        }
    }
    Ok(())
}

/// Where a shared copy may differ from its owner's file.
///
/// # Errors
/// The file's structure is broken.
pub fn private_ranges(file: &[u8]) -> Result<Vec<Range<usize>>> {
    if file.starts_with(&[0xFF, 0xD8]) {
        jpeg::private_ranges(file)
    } else if file.get(4..8) == Some(b"ftyp") {
        movie::private_ranges(file)
    } else {
        Ok(vec![])
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Studio;

    #[test]
    fn every_secret_stands_in_a_private_range() {
        let studio = Studio::open().unwrap();
        let mut samples = (0..8).map(|number| studio.photo_sized(number, 1).unwrap()).collect::<Vec<_>>();
        samples.extend((0..2).filter_map(|number| studio.clip(number).unwrap()));
        samples.extend(studio.live_photo(0).unwrap().into_iter().flat_map(|(still, movie)| [still, movie]));
        for sample in samples {
            let bytes = sample.bytes().unwrap();
            let private = private_ranges(&bytes).unwrap();
            for secret in &sample.secrets {
                let at = find(&bytes, secret).unwrap_or_else(|| panic!("{} shall hold {secret:02x?}", sample.name()));
                let is_private = private.iter().any(|range| range.start <= at && at + secret.len() <= range.end);
                assert!(is_private, "{}: {secret:02x?} at {at} is not in {private:?}", sample.name());
            }
        }
    }

    #[test]
    fn a_copy_is_refused_that_keeps_a_secret_or_differs_elsewhere() {
        let sample = Studio::open().unwrap().photo_sized(3, 1).unwrap();
        let mut copy = sample.bytes().unwrap();
        let same = is_shared_form(&sample, &copy).unwrap_err();
        assert!(same.to_string().contains("still has its secret"), "{same}");
        for range in private_ranges(&copy).unwrap() {
            copy[range].fill(0);
        }
        is_shared_form(&sample, &copy).unwrap();
        let last = copy.len() - 3;
        copy[last] ^= 1;
        let elsewhere = is_shared_form(&sample, &copy).unwrap_err();
        assert!(elsewhere.to_string().contains("differs at byte"), "{elsewhere}");
        assert!(is_shared_form(&sample, &copy[1..]).is_err(), "another length");
    }

    #[test]
    fn samples_are_of_the_sizes_and_orientations_that_they_claim() {
        let studio = Studio::open().unwrap();
        let sizes = [(4, 8), (8, 12)].map(|(number, megapixels)| {
            let sample = studio.photo(number).unwrap();
            let (width, height) = image::image_dimensions(&sample.path).unwrap();
            let pixels = f64::from(width) * f64::from(height) / 1e6;
            assert!((pixels - f64::from(megapixels)).abs() < 0.3, "{pixels} megapixels");
            sample.bytes().unwrap().len()
        });
        assert!(sizes[0] > 1_000_000 && sizes[1] < 8_000_000, "as heavy as photographs: {sizes:?}");
    }
}
