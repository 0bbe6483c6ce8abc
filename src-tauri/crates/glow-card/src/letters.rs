//! The embedded fonts: which letters they have, and how wide a text is.

use ttf_parser::{Face, GlyphId};
use unicode_normalization::UnicodeNormalization;

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/Inter-Bold.ttf");

/// One embedded font.
pub(crate) struct Letters {
    pub(crate) face: Face<'static>,
    pub(crate) bytes: &'static [u8],
}

impl Letters {
    pub(crate) fn regular() -> Self {
        Self::of(REGULAR)
    }

    pub(crate) fn bold() -> Self {
        Self::of(BOLD)
    }

    fn of(bytes: &'static [u8]) -> Self {
        Self { face: Face::parse(bytes, 0).expect("the embedded font is one"), bytes }
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        letter.is_whitespace() || self.face.glyph_index(letter).is_some()
    }

    /// The pictures of a text's letters; an accent is one with its letter. A letter without one is a box.
    pub(crate) fn glyphs(&self, text: &str) -> Vec<(char, GlyphId)> {
        text.nfc().map(|letter| (letter, self.face.glyph_index(letter).unwrap_or_default())).collect()
    }

    /// How wide a text is, in the unit of `size`.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).into_iter().map(|(_, glyph)| self.advance(glyph)).sum::<f32>() * size / 1_000.0
    }

    /// How far a glyph leads, in thousandths of the font's size.
    pub(crate) fn advance(&self, glyph: GlyphId) -> f32 {
        self.scaled(self.face.glyph_hor_advance(glyph).map_or(0, i32::from))
    }

    /// A length of the font's own in thousandths of its size, as PDF counts.
    pub(crate) fn scaled(&self, units: impl Into<i32>) -> f32 {
        let exact = f64::from(units.into()) * 1_000.0 / f64::from(self.face.units_per_em());
        #[expect(clippy::cast_possible_truncation, reason = "PDF writes single precision")]
        let scaled = exact as f32;
        scaled
    }

    /// The text in lines of at most that width; a word that is wider is broken.
    pub(crate) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.extend(self.broken(word, size, width)),
            }
        }
        lines
    }

    fn broken(&self, word: &str, size: f32, width: f32) -> Vec<String> {
        let mut parts = vec![String::new()];
        for letter in word.chars() {
            let last = parts.last_mut().expect("there is one");
            let longer = format!("{last}{letter}");
            if last.is_empty() || self.width(&longer, size) <= width {
                *last = longer;
            } else {
                parts.push(letter.to_string());
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_they_may_be() {
        let bold = Letters::bold();
        let lines = bold.lines("Anna and Ben are getting married at the lighthouse", 24.0, 240.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| bold.width(line, 24.0) <= 240.0), "{lines:?}");
        assert_eq!(lines.join(" "), "Anna and Ben are getting married at the lighthouse", "nothing is lost");
        let long = bold.lines(&"W".repeat(50), 24.0, 240.0);
        assert!(long.len() > 1 && long.concat().len() == 50, "a word without an end is broken: {long:?}");
    }
}
