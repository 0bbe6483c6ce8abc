//! A card for the table, as PDF: a group's name, its QR code and how to join in three short lines; on wish a Wi-Fi's name and
//! password with a code of their own, and where a door for guests is open the code that leads to it.
//!
//! Owns the layout on paper and the embedded fonts. Never decides who may invite: it is given a code's text. What the fonts
//! have no picture of is told ([`Card::unprintable`]) instead of being dropped: they hold Latin, Greek and Cyrillic.
//!
//! ```
//! # fn main() -> Result<(), glow_card::CardError> {
//! use glow_card::{Card, Language, Paper};
//!
//! let (title, code) = ("Anna & Ben".into(), "AFTERGLOW://JOIN/ABC".into());
//! let card = Card { title, code, language: Language::En, wifi: None, guests: None };
//! assert!(card.pdf(Paper::A6)?.starts_with(b"%PDF"));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod card;
mod font;
mod layout;
mod letters;
mod page;
mod words;

pub use card::{Card, CardError, Paper, Wifi};
pub use words::Language;
