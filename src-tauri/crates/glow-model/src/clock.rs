//! The group's clock as a QR code: a time, and a check that a member of the group showed it.

use data_encoding::BASE32_NOPAD;

use crate::{GroupSecret, ModelError, limits};

const BEGINNING: &str = "AFTERGLOW:C1:";
const CHECK_BYTES: usize = 5;

/// One reading of the group's clock. As text it is of the alphanumeric kind and fits QR version 2 with error correction M.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockCode {
    /// The time shown, milliseconds since the Unix epoch.
    pub at_ms: u64,
    check: [u8; CHECK_BYTES],
}

impl ClockCode {
    /// A reading, as a member shows it.
    #[must_use]
    pub fn new(secret: &GroupSecret, at_ms: u64) -> Self {
        Self { at_ms, check: secret.clock_check(at_ms) }
    }

    /// Whether a member of this group showed it.
    #[must_use]
    pub fn is_of(&self, secret: &GroupSecret) -> bool {
        secret.clock_check(self.at_ms) == self.check
    }

    /// The text in the QR code.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{BEGINNING}{}:{}", self.at_ms, BASE32_NOPAD.encode(&self.check))
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let malformed = ModelError::Malformed { what: "clock code" };
        let parts = text.strip_prefix(BEGINNING).and_then(|rest| rest.split_once(':'));
        let (at, check) = parts
            .filter(|(at, _)| at.len() <= 16 && at.bytes().all(|b| b.is_ascii_digit()))
            .ok_or(malformed.clone())?;
        let at_ms = at.parse().ok().filter(|ms| *ms < limits::TIME_MS).ok_or(malformed.clone())?;
        let check =
            BASE32_NOPAD.decode(check.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(malformed)?;
        Ok(Self { at_ms, check })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reading_is_of_the_group_that_showed_it() {
        let (ours, theirs) = (GroupSecret([1; 32]), GroupSecret([2; 32]));
        let code = ClockCode::new(&ours, 1_764_270_000_000);
        let read = ClockCode::parse(&code.to_text()).unwrap();
        assert_eq!(read, code);
        assert!(read.is_of(&ours) && !read.is_of(&theirs));
        assert!(!ClockCode { at_ms: read.at_ms + 1, ..read }.is_of(&ours), "another time");
        assert!(code.to_text().starts_with("AFTERGLOW:C1:1764270000000:"), "{}", code.to_text());
        assert!(code.to_text().len() <= 38, "the capacity of version 2 with error correction M");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(AFTERGLOW:C1:)?[0-9A-Z:]{0,40}") {
            if let Ok(code) = ClockCode::parse(&text) {
                prop_assert!(code.at_ms < limits::TIME_MS);
            }
        }
    }
}
