//! The fields of an EXIF block that a moment needs.

use super::{Camera, CapturedAt, GpsPlace, Probe, time};
use crate::container::tiff::{self, Ifd, Role, Tiff, tag};
use crate::error::MediaError;
use crate::source::{Endian, Source, Span};

/// Adds what the EXIF block in `window` says; a block that is none says nothing.
pub(super) fn read(source: &mut Source<'_>, window: Span, probe: &mut Probe) -> Result<(), MediaError> {
    let Some(tiff) = Tiff::open(source, window)? else {
        return Ok(());
    };
    let ifds = tiff.ifds(source)?;
    let mut fields = Fields { source, tiff, ifds: &ifds };
    if let Some(orientation) = fields.number(Role::Main, tag::ORIENTATION)?.filter(|n| (1..=8).contains(n)) {
        probe.orientation = orientation as u8;
    }
    probe.captured = fields.captured()?;
    probe.camera = fields.camera()?;
    probe.camera_serial = fields.serial()?;
    probe.location_present |= fields.find(Role::Gps, tag::GPS_LATITUDE).is_some_and(|(_, span)| !span.is_empty());
    probe.place = fields.place()?;
    if let Some((_, note)) = fields.find(Role::Exif, tag::MAKER_NOTE) {
        probe.content_identifier = content_identifier(fields.source, note)?;
    }
    Ok(())
}

/// Apple's note is a bare big-endian directory at its byte 14, with offsets from its own start.
fn content_identifier(source: &mut Source<'_>, note: Span) -> Result<Option<String>, MediaError> {
    if !tiff::is_apple_note(source, note)? {
        return Ok(None);
    }
    let Some((ifd, _)) = Tiff::bare(note, Endian::Big).ifd(source, Role::Main, 0, 14)? else {
        return Ok(None);
    };
    match ifd.find(tag::APPLE_CONTENT_IDENTIFIER) {
        Some(entry) if entry.kind == 2 => source.text(entry.value),
        _ => Ok(None),
    }
}

struct Fields<'s, 'r, 'i> {
    source: &'s mut Source<'r>,
    tiff: Tiff,
    ifds: &'i [Ifd],
}

impl Fields<'_, '_, '_> {
    fn find(&self, role: Role, tag: u16) -> Option<(u16, Span)> {
        let mut ifds = self.ifds.iter().filter(|ifd| ifd.role == role && ifd.index == 0);
        ifds.find_map(|ifd| ifd.find(tag)).map(|entry| (entry.kind, entry.value))
    }

    fn number(&mut self, role: Role, tag: u16) -> Result<Option<u32>, MediaError> {
        let mut ifds = self.ifds.iter().filter(|ifd| ifd.role == role && ifd.index == 0);
        match ifds.find_map(|ifd| ifd.find(tag)) {
            Some(entry) => self.tiff.number(self.source, entry),
            None => Ok(None),
        }
    }

    fn text(&mut self, role: Role, tag: u16) -> Result<Option<String>, MediaError> {
        match self.find(role, tag) {
            Some((2, span)) => self.source.text(span),
            _ => Ok(None),
        }
    }

    fn captured(&mut self) -> Result<Option<CapturedAt>, MediaError> {
        let choices = [
            (Role::Exif, tag::DATE_ORIGINAL, tag::SUBSEC_ORIGINAL, tag::OFFSET_ORIGINAL),
            (Role::Exif, tag::DATE_DIGITIZED, tag::SUBSEC_DIGITIZED, tag::OFFSET_DIGITIZED),
            (Role::Main, tag::DATE_TIME, tag::SUBSEC, tag::OFFSET),
        ];
        for (role, date, fraction, offset) in choices {
            let Some(date) = self.text(role, date)? else {
                continue;
            };
            let fraction = self.text(Role::Exif, fraction)?;
            let offset = self.text(Role::Exif, offset)?;
            if let Some(captured) = time::exif(&date, fraction.as_deref(), offset.as_deref()) {
                return Ok(Some(captured));
            }
        }
        Ok(None)
    }

    fn place(&mut self) -> Result<Option<GpsPlace>, MediaError> {
        let latitude = self.angle(tag::GPS_LATITUDE, tag::GPS_LATITUDE_REF, "S", 90.0)?;
        let longitude = self.angle(tag::GPS_LONGITUDE, tag::GPS_LONGITUDE_REF, "W", 180.0)?;
        Ok(latitude.zip(longitude).map(|(latitude_e6, longitude_e6)| GpsPlace { latitude_e6, longitude_e6 }))
    }

    /// Degrees, minutes and seconds as three fractions (Exif 2.32, 4.6.6), in millionths of a degree.
    fn angle(&mut self, tag: u16, side: u16, negative: &str, most: f64) -> Result<Option<i32>, MediaError> {
        let Some((5, span)) = self.find(Role::Gps, tag).filter(|(_, span)| span.len() == 24) else {
            return Ok(None);
        };
        let bytes = self.source.bytes(span, 24)?;
        let number = |at: usize| {
            let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            f64::from(self.tiff.endian.u32(bytes))
        };
        let degrees: f64 =
            [1.0, 60.0, 3_600.0].iter().enumerate().map(|(n, part)| number(8 * n) / number(8 * n + 4) / part).sum();
        let is_negative = self.text(Role::Gps, side)?.is_some_and(|side| side.trim().eq_ignore_ascii_case(negative));
        // A division by zero is no place either.
        if !(0.0..=most).contains(&degrees) {
            return Ok(None);
        }
        let e6 = (degrees * 1e6).round() as i32;
        Ok(Some(if is_negative { -e6 } else { e6 }))
    }

    /// The serial number of the camera's body: EXIF's, or DNG's.
    fn serial(&mut self) -> Result<Option<String>, MediaError> {
        for (role, tag) in [(Role::Exif, tag::BODY_SERIAL), (Role::Main, tag::CAMERA_SERIAL)] {
            // Some cameras write nothing but zeros.
            let serial = self.text(role, tag)?.filter(|text| text.chars().any(|c| c.is_alphanumeric() && c != '0'));
            if serial.is_some() {
                return Ok(serial);
            }
        }
        Ok(None)
    }

    fn camera(&mut self) -> Result<Option<Camera>, MediaError> {
        let make = self.text(Role::Main, tag::MAKE)?;
        let model = self.text(Role::Main, tag::MODEL)?;
        Ok((make.is_some() || model.is_some())
            .then(|| Camera { make: make.unwrap_or_default(), model: model.unwrap_or_default() }))
    }
}
