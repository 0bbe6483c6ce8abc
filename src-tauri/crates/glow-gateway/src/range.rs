//! One byte range of a request (RFC 9110, section 14).

use std::ops::Range;

/// What part of a body was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it: nothing else was asked, or not in a form that is served.
    Whole,
    /// This part, never empty.
    Part(Range<u64>),
    /// A part that lies beyond the end.
    Beyond,
}

/// Reads the value of a `Range` header. Several ranges at once and unknown units are answered with the whole, which the
/// standard allows.
pub(crate) fn parse(value: &str, size_bytes: u64) -> Asked {
    let Some((first, last)) = value.strip_prefix("bytes=").and_then(|spec| spec.split_once('-')) else {
        return Asked::Whole;
    };
    let range = match (number(first), number(last)) {
        (Some(Some(first)), Some(Some(last))) if first <= last => first..last.saturating_add(1).min(size_bytes),
        (Some(Some(first)), Some(None)) => first..size_bytes,
        (Some(None), Some(Some(suffix))) => size_bytes.saturating_sub(suffix)..size_bytes,
        _ => return Asked::Whole,
    };
    if range.is_empty() { Asked::Beyond } else { Asked::Part(range) }
}

/// A number, an absent number, or nothing when it is neither.
fn number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_size() {
        assert_eq!(parse("bytes=0-99", 1_000), Asked::Part(0..100));
        assert_eq!(parse("bytes=0-", 1_000), Asked::Part(0..1_000));
        assert_eq!(parse("bytes=999-2000", 1_000), Asked::Part(999..1_000));
        assert_eq!(parse("bytes=0-18446744073709551615", 1_000), Asked::Part(0..1_000));
    }

    #[test]
    fn a_suffix_counts_from_the_end() {
        assert_eq!(parse("bytes=-10", 1_000), Asked::Part(990..1_000));
        assert_eq!(parse("bytes=-5000", 1_000), Asked::Part(0..1_000));
    }

    #[test]
    fn what_lies_beyond_the_end_is_refused() {
        for beyond in ["bytes=1000-", "bytes=5000-6000", "bytes=-0"] {
            assert_eq!(parse(beyond, 1_000), Asked::Beyond, "{beyond}");
        }
        assert_eq!(parse("bytes=0-", 0), Asked::Beyond, "an empty body has no part");
    }

    #[test]
    fn what_is_not_understood_is_the_whole() {
        for odd in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=9-1",
            "items=0-1",
            "bytes=0-1,4-5",
            "bytes=+1-2",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(parse(odd, 1_000), Asked::Whole, "{odd}");
        }
    }
}
