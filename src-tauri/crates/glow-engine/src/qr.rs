//! QR codes as pictures.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::error::{ApiResult, internal};

/// A text as SVG: black on nothing, so that it stands on whatever is behind, with its quiet zone.
pub(crate) fn picture(text: &str, level: EcLevel) -> ApiResult<String> {
    let code = QrCode::with_error_correction_level(text, level).map_err(|error| internal(&error))?;
    Ok(code
        .render::<svg::Color<'_>>()
        .quiet_zone(true)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("transparent"))
        .build())
}
