//! Three words for 256 bits: what people compare by eye or read to each other.
//!
//! The list has 2,048 English words of four to seven letters, all lower case and no two with the same first four letters. Each
//! word stands for 11 bits, so three words are the first 33 bits, from the most significant on: enough to notice a difference
//! that nobody planned, not enough against somebody who searches for two things with the same words. What must be sure
//! compares all 256 bits. The list is part of the format: its order never changes.

/// The list, one word a line, in alphabetical order.
const WORDS: &str = include_str!("words.txt");

/// The first 33 bits as three words of the list, with a space between them.
///
/// ```
/// assert_eq!(glow_model::three_words(&[0; 32]), "abide abide abide");
/// ```
#[must_use]
pub fn three_words(bits: &[u8; 32]) -> String {
    let mut head = [0; 8];
    head[3..].copy_from_slice(&bits[..5]);
    let first_33 = u64::from_be_bytes(head) >> 7;
    let words = [22, 11, 0].map(|shift| word(first_33 >> shift));
    words.join(" ")
}

fn word(bits: u64) -> &'static str {
    WORDS.lines().nth((bits & 0x7ff) as usize).expect("the list has a word for every 11 bits")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_has_a_word_for_every_eleven_bits_and_none_is_taken_for_another() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert_eq!(words.len(), 2_048);
        assert!(words.is_sorted(), "the order is the format");
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
        assert!(words.iter().all(|word| (4..=7).contains(&word.len())));
        assert_eq!(words.iter().map(|word| &word[..4]).collect::<BTreeSet<_>>().len(), 2_048, "four letters tell");
    }

    #[test]
    fn the_list_never_changes() {
        let hash = blake3::hash(WORDS.as_bytes()).to_hex();
        insta::assert_snapshot!(hash.as_str());
    }

    #[test]
    fn each_of_the_first_33_bits_changes_a_word_and_none_after_them() {
        let words = |bit: usize| {
            let mut bits = [0; 32];
            bits[bit / 8] |= 0x80 >> (bit % 8);
            three_words(&bits)
        };
        let first = words(40);
        for bit in 0..33 {
            assert_ne!(words(bit), first, "bit {bit}");
        }
        assert_eq!(words(33), first);
        assert_eq!(three_words(&[0xff; 32]).split(' ').next(), WORDS.lines().last());
    }
}
