//! A card for the table, as PDF: a group's name, its QR code and how to join in three short lines; on wish a Wi-Fi's name and
//! password with a code of their own.
//!
//! Owns the layout on paper and the embedded fonts. Never decides who may invite: it is given a code's text. What the fonts
//! have no picture of is told ([`Card::unprintable`]) instead of being dropped: they hold Latin, Greek and Cyrillic.
//!
//! ```
//! # fn main() -> Result<(), glow_card::CardError> {
//! use glow_card::{Card, Language, Paper};
//!
//! let card = Card { title: "Anna & Ben".into(), code: "AFTERGLOW://JOIN/ABC".into(), language: Language::En, wifi: None };
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
