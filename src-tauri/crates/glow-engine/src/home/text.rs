//! Text of people inside markup.

/// The text with every character that means something in XML and HTML spelled out, and none that XML has no place for.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The text of an element that [`escape`] made.
pub(super) fn unescape(text: &str) -> String {
    let spelled = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")];
    spelled.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        let hostile = "<script>alert(\"1\" & '2')</script>\u{0}\u{1b}";
        assert_eq!(escape(hostile), "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
        assert_eq!(unescape(&escape("a < b & \"c\" &lt; 'd'")), "a < b & \"c\" &lt; 'd'");
    }
}
