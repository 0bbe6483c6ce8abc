//! Links that open the app.

const JOIN: &str = "afterglow://join/";

/// Longest link that is looked at, in bytes; an invite is far shorter.
const MAX_BYTES: usize = 4 * 1024;

/// Whether a text is an invite by its looks; the engine says whether it is one.
pub(crate) fn is_link(text: &str) -> bool {
    text.starts_with(JOIN) && text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The place in the page that opens a link, as the fragment of its address.
pub(crate) fn place(link: &str) -> String {
    let escaped: String = link.bytes().map(escaped).collect();
    format!("/join?link={escaped}")
}

/// The place in the page that shows a group.
pub(crate) fn group(id: &str) -> String {
    let id: String = id.bytes().map(escaped).collect();
    format!("/group/{id}")
}

fn escaped(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_word_of_our_scheme() {
        assert!(is_link("afterglow://join/ABC-_123"));
        for other in ["afterglow://", "afterglow://leave/x", "afterglow://join/a b", "AFTERGLOW://join/x", "--peer"] {
            assert!(!is_link(other), "{other}");
        }
        assert!(!is_link(&format!("{JOIN}{}", "x".repeat(MAX_BYTES))), "no invite is that long");
    }

    #[test]
    fn a_link_cannot_leave_its_place() {
        assert_eq!(place("afterglow://join/a#b&c"), "/join?link=afterglow%3A%2F%2Fjoin%2Fa%23b%26c");
    }
}
