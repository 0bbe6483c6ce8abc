//! Taking out of a text what is nobody's business: invites, keys, tokens, names, the owner's home.

/// A run of letters and digits of this length that holds a digit is taken for a key or an id.
const KEY_CHARS: usize = 20;
/// So much of it stays, by which two of them can be told apart.
const KEPT_CHARS: usize = 6;
const LINK: &str = "afterglow://join/";

/// The text without secrets. Each of `names` is replaced where it stands as a word, the longest first.
pub(crate) fn scrub(text: &str, names: &[String], home: Option<&str>) -> String {
    let mut text = without_links(text);
    if let Some(home) = home.filter(|home| home.len() > 1) {
        text = text.replace(home, "~");
    }
    let mut names: Vec<_> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        text = without_word(&text, name);
    }
    without_keys(&text)
}

fn without_links(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = find_ignoring_case(rest, LINK) {
        let end = at + LINK.len();
        out.push_str(&rest[..end]);
        out.push_str("[invite]");
        let tail = &rest[end..];
        rest = &tail[tail.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(tail.len())..];
    }
    out + rest
}

/// QR codes spell links in upper case.
fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(wanted)
}

fn without_word(text: &str, name: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(name) {
        let end = at + name.len();
        let before = rest[..at].chars().next_back().or_else(|| out.chars().next_back());
        let is_word = !before.is_some_and(char::is_alphanumeric)
            && !rest[end..].chars().next().is_some_and(char::is_alphanumeric);
        out.push_str(&rest[..at]);
        out.push_str(if is_word { "[name]" } else { name });
        rest = &rest[end..];
    }
    out + rest
}

fn without_keys(text: &str) -> String {
    let mut out = String::new();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+' | '=');
    for run in text.split_inclusive(|letter: char| !is_part(letter)) {
        let end = run.find(|letter: char| !is_part(letter)).unwrap_or(run.len());
        let (word, after) = run.split_at(end);
        if word.len() >= KEY_CHARS && word.bytes().any(|byte| byte.is_ascii_digit()) {
            out.push_str(&word[..KEPT_CHARS]);
            out.push('…');
        } else {
            out.push_str(word);
        }
        out.push_str(after);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str) -> String {
        scrub(text, &["Anna".to_owned(), "Anna & Ben".to_owned(), "ö".to_owned()], Some("/home/anna"))
    }

    #[test]
    fn secrets_and_names_go() {
        for (text, wanted) in [
            ("joining afterglow://join/AEBAGBAFAYDQQCIK?x", "joining afterglow://join/[invite]?x"),
            (
                "AFTERGLOW://JOIN/AEBA \"afterglow://join/aeba\"",
                "AFTERGLOW://JOIN/[invite] \"afterglow://join/[invite]\"",
            ),
            ("at http://127.0.0.1:80/#token=kWm5yqEo8Rz3hVd1TnUx", "at http://127.0.0.1:80/#token=…"),
            (&format!("moment {}", "0123456789abcdef".repeat(4)), "moment 012345…"),
            ("/home/anna/Pictures/a.jpg", "~/Pictures/a.jpg"),
            ("group \"Anna & Ben\" by Anna, Annabel stays", "group \"[name]\" by [name], Annabel stays"),
            ("schön, ö!", "schön, [name]!"),
        ] {
            assert_eq!(scrubbed(text), wanted);
        }
    }

    #[test]
    fn what_helps_stays() {
        for text in [
            "2026-11-27T19:01:27.123456Z  WARN glow_engine::pipeline::reconcile: repair error=the other member went away",
            "listening at 192.168.178.20:44123 and [fe80::1]:44123, 12345678 bytes",
            "tauri_plugin_single_instance: D-Bus session bus unavailable",
        ] {
            assert_eq!(scrubbed(text), text);
        }
    }
}
