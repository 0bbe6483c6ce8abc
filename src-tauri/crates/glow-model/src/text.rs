//! Texts from people, made safe to show: NFC, without control characters and bidi overrides, within a limit.

use unicode_normalization::UnicodeNormalization;

/// A single line: trimmed, runs of white space folded, cut to nothing but at most `max_chars` characters.
///
/// Returns nothing when the text is longer than that after cleaning.
#[must_use]
pub fn clean_line(text: &str, max_chars: usize) -> Option<String> {
    let safe: String = text.nfc().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_safe(*c)).collect();
    let line = safe.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (line.chars().count() <= max_chars).then_some(line)
}

/// A text of several lines: trimmed, line feeds kept, nothing when longer than `max_chars` after cleaning.
#[must_use]
pub fn clean_text(text: &str, max_chars: usize) -> Option<String> {
    let safe: String = text.replace("\r\n", "\n").nfc().filter(|c| *c == '\n' || is_safe(*c)).collect();
    let text = safe.trim();
    (text.chars().count() <= max_chars).then(|| text.to_owned())
}

/// Whether a character cannot change how its neighbours are read: no control, no bidi embedding, override or isolate, no
/// line or paragraph separator, no interlinear annotation, no tag, no byte order mark.
fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0001}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_what_could_disguise_it() {
        assert_eq!(clean_line("  An\u{202e}na \t\n B\u{0}. ", 64).as_deref(), Some("Anna B."));
        assert_eq!(clean_line("e\u{301}", 1).as_deref(), Some("é"), "counted after composing");
        assert_eq!(clean_line(&"x".repeat(65), 64), None);
        assert_eq!(clean_line("👩‍👩‍👧", 64).as_deref(), Some("👩‍👩‍👧"), "joiners of emoji stay");
    }

    #[test]
    fn a_caption_keeps_its_lines() {
        assert_eq!(clean_text("one\r\ntwo\u{7}\n", 100).as_deref(), Some("one\ntwo"));
        assert_eq!(clean_text(&"x".repeat(101), 100), None);
    }
}
