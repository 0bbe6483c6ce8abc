//! Describing: what a moment says of its file, from what probing found.

use glow_media::{Kind, Probe, TimeSource};
use glow_model::{MediaId, Moment, MomentKind, clean_line, limits};

use crate::{clock::now_ms, pipeline::ingest::CaptureFile};

/// A moment without its bytes.
pub(crate) fn describe(file: &CaptureFile, probe: &Probe, media: MediaId, has_motion: bool) -> Moment {
    let (captured_ms, offset_min) = captured_at(file, probe, &jiff::tz::TimeZone::system());
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
        camera_body: None,
    }
}

/// When it was captured, and the camera's offset. A wall clock without an offset is read in this device's zone.
fn captured_at(file: &CaptureFile, probe: &Probe, zone: &jiff::tz::TimeZone) -> (u64, Option<i16>) {
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
        let zoned = wall.to_zoned(zone.clone()).ok()?;
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

/// Whether the camera said when it captured.
pub(crate) fn says_time(probe: &Probe) -> bool {
    probe.captured.is_some()
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
    #![allow(clippy::unwrap_used)]

    use glow_media::{CapturedAt, Format};
    use jiff::{civil::DateTime, tz::TimeZone};

    use super::*;

    /// Central Europe, with its summer time, without asking for a database of zones.
    fn europe() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    /// What a file with this wall clock says in Europe.
    fn captured(wall: &str, offset_minutes: Option<i16>) -> (u64, Option<i16>) {
        let wall: DateTime = wall.parse().unwrap();
        let as_utc = wall.to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond();
        let unix_ms = as_utc - i64::from(offset_minutes.unwrap_or(0)) * 60_000;
        let probe = Probe {
            format: Format::Jpeg,
            kind: Kind::Photo,
            width: 1,
            height: 1,
            orientation: 1,
            duration_ms: None,
            captured: Some(CapturedAt { unix_ms, offset_minutes, source: TimeSource::Exif }),
            camera: None,
            camera_serial: None,
            content_identifier: None,
            location_present: false,
            place: None,
        };
        let file = CaptureFile { path: std::path::PathBuf::new(), name: "a.jpg".into(), modified_at_ms: None };
        captured_at(&file, &probe, &europe())
    }

    #[test]
    fn a_wall_clock_is_read_in_this_zone_and_with_its_summer_time() {
        let noon_utc = |day: &str| -> u64 {
            let at: jiff::Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
            at.as_millisecond().unsigned_abs()
        };
        assert_eq!(captured("2026-07-01T14:00", None), (noon_utc("2026-07-01"), Some(120)), "summer");
        assert_eq!(captured("2026-12-01T13:00", None), (noon_utc("2026-12-01"), Some(60)), "winter");
        assert_eq!(
            captured("2026-07-01T08:00", Some(-240)),
            (noon_utc("2026-07-01"), Some(-240)),
            "what the file says"
        );
    }

    #[test]
    fn the_night_the_clocks_change_has_no_gap_and_no_time_twice() {
        let at = |wall| captured(wall, None).0;
        // Spring: there is no half past two. What a camera that does not know it writes lies in between.
        assert_eq!(at("2026-03-29T03:30") - at("2026-03-29T01:30"), 3_600_000);
        assert!((at("2026-03-29T01:59")..at("2026-03-29T04:00")).contains(&at("2026-03-29T02:30")));
        // Autumn: half past two comes twice, the first is meant.
        assert_eq!(at("2026-10-25T02:30") - at("2026-10-25T01:30"), 3_600_000);
        assert_eq!(at("2026-10-25T03:30") - at("2026-10-25T02:30"), 7_200_000);
    }

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
