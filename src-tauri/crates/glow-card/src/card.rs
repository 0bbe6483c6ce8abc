//! What is on a card.

use glow_model::limits;

use crate::letters::Letters;
use crate::page::Sheet;
use crate::words::Language;

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The group's name, at most [`limits::TITLE_CHARS`] characters.
    pub title: String,
    /// What the QR code holds; upper-case letters, digits and `:/.-` keep it coarse.
    pub code: String,
    /// The language of the lines.
    pub language: Language,
    /// The Wi-Fi that guests have to be in.
    pub wifi: Option<Wifi>,
    /// The link of an open door for guests without the app.
    pub guests: Option<String>,
}

/// A Wi-Fi that guests may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wifi {
    /// Its name (SSID), 1 to [`limits::WIFI_NAME_BYTES`] bytes.
    pub name: String,
    /// Its password, at most [`limits::WIFI_PASSWORD_BYTES`] bytes; empty when it is open.
    pub password: String,
}

/// The sheet that comes out of the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// One card on A6, 105 x 148 mm.
    A6,
    /// Four cards on A4, 210 x 297 mm, with lines to cut along.
    A4,
}

/// Why there is no card.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// There is nothing to print as its name, or too much.
    #[error("the title is empty or longer than {} characters", limits::TITLE_CHARS)]
    Title,
    /// A Wi-Fi has no such name or password.
    #[error("the Wi-Fi's name or password is empty or too long")]
    Wifi,
    /// A QR code cannot hold it.
    #[error("the code is too long")]
    Code(#[from] qrcode::types::QrError),
}

impl Card {
    /// The card as PDF.
    ///
    /// # Errors
    /// [`CardError::Title`], [`CardError::Wifi`] and [`CardError::Code`] for what cannot be on a card.
    pub fn pdf(&self, paper: Paper) -> Result<Vec<u8>, CardError> {
        self.check()?;
        Ok(Sheet::new(self, paper)?.print())
    }

    /// The characters of its texts that the fonts have no picture of, each once; they are printed as boxes.
    #[must_use]
    pub fn unprintable(&self) -> String {
        let wifi = self.wifi.iter().flat_map(|wifi| wifi.name.chars().chain(wifi.password.chars()));
        let bold = Letters::bold();
        let mut missing = String::new();
        for letter in self.title.chars().chain(wifi).filter(|letter| !bold.has(*letter)) {
            if !missing.contains(letter) {
                missing.push(letter);
            }
        }
        missing
    }

    fn check(&self) -> Result<(), CardError> {
        let length = self.title.trim().chars().count();
        if length == 0 || length > limits::TITLE_CHARS {
            return Err(CardError::Title);
        }
        let fits = |wifi: &Wifi| {
            (1..=limits::WIFI_NAME_BYTES).contains(&wifi.name.len())
                && wifi.password.len() <= limits::WIFI_PASSWORD_BYTES
        };
        if self.wifi.as_ref().is_some_and(|wifi| !fits(wifi)) {
            return Err(CardError::Wifi);
        }
        Ok(())
    }
}

impl Wifi {
    /// The text that phones join by, as in ZXing's "Barcode Contents", Wi-Fi Network config.
    pub(crate) fn code(&self) -> String {
        let escaped = |text: &str| {
            let mut out = String::new();
            for letter in text.chars() {
                if matches!(letter, '\\' | ';' | ',' | '"' | ':') {
                    out.push('\\');
                }
                out.push(letter);
            }
            out
        };
        if self.password.is_empty() {
            return format!("WIFI:T:nopass;S:{};;", escaped(&self.name));
        }
        format!("WIFI:T:WPA;S:{};P:{};;", escaped(&self.name), escaped(&self.password))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn card(title: &str) -> Card {
        Card {
            title: title.to_owned(),
            code: "AFTERGLOW://JOIN/ABC".to_owned(),
            language: Language::En,
            wifi: None,
            guests: None,
        }
    }

    #[test]
    fn names_of_europe_are_printable_and_others_are_told() {
        for title in ["Zoë & Łukasz", "Ελένη και Γιώργος", "Свадьба Анны и Бориса", "Nguyễn’s 60th – 5 €"]
        {
            assert_eq!(card(title).unprintable(), "", "{title}");
        }
        assert_eq!(card("結婚式 & 結婚 🎉").unprintable(), "結婚式🎉", "each once, in order");
    }

    #[test]
    fn a_wifi_cannot_break_out_of_its_code() {
        let wifi = Wifi { name: "Barn;T:nopass".to_owned(), password: r#"a\b"c:d,e"#.to_owned() };
        assert_eq!(wifi.code(), r#"WIFI:T:WPA;S:Barn\;T\:nopass;P:a\\b\"c\:d\,e;;"#);
        let open = Wifi { name: "Barn".to_owned(), password: String::new() };
        assert_eq!(open.code(), "WIFI:T:nopass;S:Barn;;");
    }

    #[test]
    fn what_fits_on_no_card_is_refused() {
        assert!(matches!(card("  ").pdf(Paper::A6), Err(CardError::Title)), "nothing to print");
        assert!(matches!(card(&"x".repeat(101)).pdf(Paper::A6), Err(CardError::Title)), "too much to print");
        let wifi = Wifi { name: "x".repeat(33), password: String::new() };
        let long = Card { wifi: Some(wifi), ..card("Anna & Ben") };
        assert!(matches!(long.pdf(Paper::A6), Err(CardError::Wifi)), "no Wi-Fi has such a name");
        let code = Card { code: "x".repeat(8_000), ..card("Anna & Ben") };
        assert!(matches!(code.pdf(Paper::A4), Err(CardError::Code(_))), "no QR code holds that");
    }

    #[test]
    fn the_same_card_is_the_same_file() {
        assert_eq!(card("Anna & Ben").pdf(Paper::A4).unwrap(), card("Anna & Ben").pdf(Paper::A4).unwrap());
    }
}
