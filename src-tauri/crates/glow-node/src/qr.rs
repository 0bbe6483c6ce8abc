//! A QR code in a terminal: two modules a character, by half blocks.

use anyhow::{Context, Result};
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code; a reader needs them.
const QUIET: usize = 2;

/// The code as lines of text, light on dark and dark on light alike: the colours are said, not left to the terminal.
pub(crate) fn terminal(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).context("the link is too long for a QR code")?;
    let width = code.width();
    let modules = code.to_colors();
    let dark = |x: usize, y: usize| {
        let inside = (QUIET..width + QUIET).contains(&x) && (QUIET..width + QUIET).contains(&y);
        inside && modules[(y - QUIET) * width + x - QUIET] == Color::Dark
    };
    let mut lines = String::new();
    for y in (0..width + 2 * QUIET).step_by(2) {
        lines += "\u{1b}[30;107m";
        lines.extend((0..width + 2 * QUIET).map(|x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        lines += "\u{1b}[0m\n";
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_code_has_its_corner_and_a_quiet_zone() {
        let text = terminal("afterglow://join/x").unwrap();
        let lines: Vec<_> =
            text.lines().map(|line| line.trim_start_matches("\u{1b}[30;107m").trim_end_matches("\u{1b}[0m")).collect();
        assert!(lines[0].chars().all(|c| c == ' '), "white above");
        assert!(lines[1].starts_with("  █▀▀▀▀▀█ "), "the finder pattern: {}", lines[1]);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "it is a square");
    }

    #[test]
    fn a_text_beyond_any_code_is_refused() {
        assert!(terminal(&"x".repeat(5_000)).is_err());
    }
}
