//! How sizes, times and shifts are written.

use std::time::Duration;

/// Reads a size such as `500MB`, `2GB` or a number of bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let unknown = || format!("`{text}` is not a size: use a number and kB, MB or GB, such as 2GB");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err(unknown()),
    };
    let number: u64 = digits.parse().map_err(|_| unknown())?;
    number.checked_mul(unit).filter(|bytes| *bytes < 1 << 53).ok_or_else(unknown)
}

/// Reads a shift such as `1h3m`, `-10d` or `+1h 30m 5s`, in milliseconds.
pub(crate) fn shift(text: &str) -> Result<i64, String> {
    let unknown = || format!("`{text}` is not a shift: use numbers and d, h, m or s, such as 1h3m or -10d");
    let (sign, rest) = match text.trim().split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (1, text.trim()),
    };
    let mut total: i64 = 0;
    let mut number = String::new();
    for letter in rest.chars().filter(|letter| !letter.is_whitespace()) {
        let unit = match letter {
            'd' => 86_400_000,
            'h' => 3_600_000,
            'm' => 60_000,
            's' => 1_000,
            digit => {
                number.push(digit);
                continue;
            }
        };
        let count: u32 = std::mem::take(&mut number).parse().map_err(|_| unknown())?;
        total = total.checked_add(i64::from(count) * unit).ok_or_else(unknown)?;
    }
    if number == "0" && total == 0 || number.is_empty() && !rest.is_empty() { Ok(sign * total) } else { Err(unknown()) }
}

/// Reads a date and time as this system's zone shows it, in milliseconds since the Unix epoch.
pub(crate) fn wall_clock(text: &str) -> Result<i64, String> {
    let unknown = |error: jiff::Error| format!("`{text}` is not a time such as 2026-11-27T14:00: {error}");
    let wall: jiff::civil::DateTime = text.parse().map_err(unknown)?;
    let zoned = wall.to_zoned(jiff::tz::TimeZone::system()).map_err(unknown)?;
    Ok(zoned.timestamp().as_millisecond())
}

/// Reads a time such as `90s`, `60m`, `24h` or `3d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unknown = || format!("`{text}` is not a time: use a number and s, m, h or d, such as 90m");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(unknown)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(unknown()),
    };
    let number: u64 = number.parse().map_err(|_| unknown())?;
    number.checked_mul(seconds).filter(|seconds| *seconds < 1 << 32).map(Duration::from_secs).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!(bytes("2GB").unwrap(), 2_000_000_000);
        assert_eq!(bytes("800mb").unwrap(), 800_000_000);
        assert_eq!(bytes("0").unwrap(), 0);
        for odd in ["", "GB", "-1MB", "1.5GB", "1TBB", "99999999999999999999GB", "1ü"] {
            assert!(bytes(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_shift_goes_both_ways() {
        assert_eq!(shift("1h3m").unwrap(), 3_780_000);
        assert_eq!(shift("-10d").unwrap(), -864_000_000);
        assert_eq!(shift("+1h 30m 5s").unwrap(), 5_405_000);
        assert_eq!(shift("0").unwrap(), 0);
        for odd in ["", "-", "5", "1h5", "h", "1x", "--1h", "99999999999999999999d", "1ü"] {
            assert!(shift(odd).is_err(), "{odd}");
        }
        assert!(wall_clock("2026-11-27T14:00").is_ok());
        assert!(wall_clock("27.11.2026").is_err());
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(duration("90m").unwrap(), Duration::from_secs(5_400));
        assert_eq!(duration("3d").unwrap(), Duration::from_secs(259_200));
        for odd in ["", "m", "90", "-1h", "1.5h", "9h9", "99999999999999999999d", "1ü"] {
            assert!(duration(odd).is_err(), "{odd}");
        }
    }
}
