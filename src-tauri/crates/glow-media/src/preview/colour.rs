//! From wide gamuts (Display P3, Adobe RGB) to sRGB, the one space that every screen shows right.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions, Xyzd};

use super::scale::Picture;

/// Converts `picture` from the space that `profile` describes. A profile that cannot be used changes nothing: colours a
/// little off are better than no picture.
pub(super) fn to_srgb(picture: &mut Picture, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return;
    };
    let srgb = ColorProfile::new_srgb();
    if profile.color_space != DataColorSpace::Rgb || same_gamut(&profile, &srgb) {
        return;
    }
    let transform = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default());
    let mut converted = vec![0; picture.rgb.len()];
    match transform.and_then(|transform| transform.transform(&picture.rgb, &mut converted)) {
        Ok(()) => picture.rgb = converted,
        Err(error) => tracing::debug!(%error, "colour profile cannot be used"),
    }
}

fn same_gamut(a: &ColorProfile, b: &ColorProfile) -> bool {
    let close = |a: Xyzd, b: Xyzd| [a.x - b.x, a.y - b.y, a.z - b.z].iter().all(|d| d.abs() < 0.003);
    close(a.red_colorant, b.red_colorant)
        && close(a.green_colorant, b.green_colorant)
        && close(a.blue_colorant, b.blue_colorant)
}
