//! The ways in which cameras write a time.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{CapturedAt, TimeSource};

/// Seconds from QuickTime's epoch, 1904-01-01, to Unix's.
const QUICKTIME_EPOCH_S: i64 = 2_082_844_800;
/// Milliseconds from Unix's epoch to Matroska's, 2001-01-01.
const MATROSKA_EPOCH_MS: i64 = 978_307_200_000;

/// EXIF's `2022:05:01 12:30:00` with its fraction (`123`) and offset (`+02:00`).
pub(super) fn exif(date: &str, fraction: Option<&str>, offset: Option<&str>) -> Option<CapturedAt> {
    let mut wall = DateTime::strptime("%Y:%m:%d %H:%M:%S", date.get(..19)?).ok()?;
    if wall.year() < 1900 {
        return None;
    }
    if let Some(fraction) = fraction {
        wall = wall.with().subsec_nanosecond(nanoseconds(fraction)).build().ok()?;
    }
    captured(wall, offset.and_then(parse_offset), TimeSource::Exif)
}

/// ISO 8601 as QuickTime writes it: `2022-05-01T12:30:00+0200`, the offset with or without colon, or `Z`.
pub(super) fn iso(text: &str) -> Option<CapturedAt> {
    let wall = DateTime::strptime("%Y-%m-%dT%H:%M:%S", text.get(..19)?).ok()?;
    let zone = text.get(19..)?;
    let zone = zone.find(['+', '-', 'Z']).and_then(|at| zone.get(at..));
    captured(wall, zone.and_then(parse_offset), TimeSource::QuickTime)
}

/// Seconds since 1904; zero and times before 1990 mean that nobody set a clock.
pub(super) fn movie_header(seconds: u64) -> Option<CapturedAt> {
    let unix_s = i64::try_from(seconds).ok()?.checked_sub(QUICKTIME_EPOCH_S)?;
    let unix_ms = unix_s.checked_mul(1000)?;
    let plausible = (631_152_000..=jiff::Timestamp::MAX.as_second()).contains(&unix_s);
    plausible.then_some(CapturedAt { unix_ms, offset_minutes: Some(0), source: TimeSource::MovieHeader })
}

/// Nanoseconds since 2001, signed.
pub(super) fn matroska(nanoseconds: i64) -> Option<CapturedAt> {
    let unix_ms = MATROSKA_EPOCH_MS.checked_add(nanoseconds / 1_000_000)?;
    Some(CapturedAt { unix_ms, offset_minutes: Some(0), source: TimeSource::Matroska })
}

fn captured(wall: DateTime, offset_minutes: Option<i16>, source: TimeSource) -> Option<CapturedAt> {
    let offset = Offset::from_seconds(i32::from(offset_minutes.unwrap_or(0)) * 60).ok()?;
    let unix_ms = wall.to_zoned(TimeZone::fixed(offset)).ok()?.timestamp().as_millisecond();
    Some(CapturedAt { unix_ms, offset_minutes, source })
}

fn nanoseconds(fraction: &str) -> i32 {
    let digits = fraction.bytes().map_while(|b| b.is_ascii_digit().then(|| i32::from(b - b'0')));
    digits.chain(std::iter::repeat(0)).take(9).fold(0, |value, digit| value * 10 + digit)
}

/// `+02:00`, `+0200`, `+02` or `Z`, in minutes; offsets beyond 14 hours do not exist.
fn parse_offset(text: &str) -> Option<i16> {
    let text = text.trim();
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let hours: i16 = digits.get(..2)?.parse().ok()?;
    let minutes: i16 = if digits.len() > 2 { digits.get(2..4)?.parse().ok()? } else { 0 };
    (hours <= 14 && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn exif_time_with_offset_is_an_instant() {
        let captured = exif("2022:05:01 12:30:00", Some("25 "), Some("+02:00")).unwrap();
        assert_eq!(captured.unix_ms, 1_651_401_000_250);
        assert_eq!(captured.offset_minutes, Some(120));
    }

    #[test]
    fn exif_time_without_offset_keeps_the_wall_clock() {
        let captured = exif("2022:05:01 12:30:00", None, None).unwrap();
        assert_eq!((captured.unix_ms, captured.offset_minutes), (1_651_408_200_000, None));
    }

    #[test]
    fn unset_clocks_are_no_time() {
        assert_eq!(exif("0000:00:00 00:00:00", None, None), None);
        assert_eq!(exif("    :  :     :  :  ", None, None), None);
        assert_eq!(exif("", None, None), None);
        assert_eq!(movie_header(0), None);
        assert_eq!(movie_header(u64::MAX), None);
    }

    #[test]
    fn quicktime_offsets_come_in_three_spellings() {
        let expected = Some(1_651_401_000_000);
        for text in ["2022-05-01T12:30:00+0200", "2022-05-01T12:30:00.000+02:00", "2022-05-01T10:30:00Z"] {
            assert_eq!(iso(text).map(|captured| captured.unix_ms), expected, "{text}");
        }
    }
}
