//! Describing: what a moment says of its file, from what probing found.

use glow_media::{Kind, Probe, TimeSource};
use glow_model::{MediaId, Moment, MomentKind, clean_line, limits};

use crate::{clock::now_ms, pipeline::ingest::CaptureFile};

/// A moment without its bytes.
pub(crate) fn describe(file: &CaptureFile, probe: &Probe, media: MediaId, has_motion: bool) -> Moment {
    let (captured_ms, offset_min) = captured_at(file, probe);
    let kind = match probe.kind {
        _ if has_motion => MomentKind::Live,
        Kind::Clip => MomentKind::Clip,
        Kind::Photo | Kind::Animation => MomentKind::Photo,
    };
    let camera = probe
        .camera
        .as_ref()
        .and_then(|camera| clean_line(&format!("{} {}", camera.make, camera.model), limits::CAMERA_CHARS));
    Moment {
        kind,
        media,
        media_type: probe.format.media_type().to_owned(),
        width: probe.width.min(limits::MEDIA_PIXELS),
        height: probe.height.min(limits::MEDIA_PIXELS),
        duration_ms: probe.duration_ms.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
        captured_ms,
        offset_min,
        camera: camera.filter(|camera| !camera.is_empty()),
        file_name: safe_name(&file.name),
        placeholder: Vec::new().into(),
        grid: None,
        screen: None,
        original: None,
        motion: None,
        place: None,
    }
}

/// When it was captured, and the camera's offset. A wall clock without an offset is read in this device's zone.
pub(crate) fn captured_at(file: &CaptureFile, probe: &Probe) -> (u64, Option<i16>) {
    let fallback = || {
        let modified_ms = file.modified_at_ms.and_then(|ms| u64::try_from(ms).ok());
        (modified_ms.filter(|ms| *ms < limits::TIME_MS).unwrap_or_else(now_ms), None)
    };
    let Some(captured) = probe.captured else {
        return fallback();
    };
    let is_wall_clock =
        captured.offset_minutes.is_none() && matches!(captured.source, TimeSource::Exif | TimeSource::QuickTime);
    let local = || {
        let wall =
            jiff::Timestamp::from_millisecond(captured.unix_ms).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let zoned = wall.to_zoned(jiff::tz::TimeZone::system()).ok()?;
        Some((zoned.timestamp().as_millisecond(), i16::try_from(zoned.offset().seconds() / 60).ok()))
    };
    let (unix_ms, offset) = if is_wall_clock {
        local().unwrap_or((captured.unix_ms, None))
    } else {
        (captured.unix_ms, captured.offset_minutes)
    };
    match u64::try_from(unix_ms) {
        Ok(ms) if ms < limits::TIME_MS => (ms, offset.filter(|minutes| minutes.abs() <= 18 * 60)),
        _ => fallback(),
    }
}

/// A file's name without folders and without anything a file system or a screen could take for more than a name.
pub(crate) fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().replace(':', "-");
    let line = clean_line(&last, limits::FILE_NAME_BYTES).unwrap_or_default();
    let mut safe = sanitize_filename::sanitize(line).trim_start_matches('.').trim().to_owned();
    while safe.len() > limits::FILE_NAME_BYTES {
        safe.pop();
    }
    clean_line(&safe, limits::FILE_NAME_BYTES).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn a_file_name_is_never_a_path() {
        for (given, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\anna\\IMG_1.JPG", "IMG_1.JPG"),
            ("..", ""),
            (".hidden.jpg", "hidden.jpg"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("Día de la boda.jpg", "Día de la boda.jpg"),
        ] {
            assert_eq!(safe_name(given), safe, "{given}");
        }
        assert!(safe_name(&"ü".repeat(300)).len() <= 255);
    }
}
