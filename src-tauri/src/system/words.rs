//! What the system shows in the app's name, in the person's language: the same catalogues that the page has.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::parse("en", include_str!("../../../ui/messages/en.json")));
static GERMAN: LazyLock<Words> = LazyLock::new(|| Words::parse("de", include_str!("../../../ui/messages/de.json")));

/// One language's catalogue.
#[derive(Debug)]
pub(crate) struct Words {
    /// The language's tag.
    pub(crate) tag: &'static str,
    messages: Map<String, Value>,
}

impl Words {
    /// The chosen language, or the system's; English where the app does not speak it.
    pub(crate) fn of(chosen: Option<&str>) -> &'static Self {
        let system = || ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok());
        let tag = chosen.map(str::to_owned).or_else(system).unwrap_or_default();
        if tag.split(['-', '_', '.']).next() == Some("de") { &GERMAN } else { &ENGLISH }
    }

    fn parse(tag: &'static str, catalogue: &str) -> Self {
        Self { tag, messages: serde_json::from_str(catalogue).expect("the catalogue is JSON; a test reads it") }
    }

    /// A message with its arguments. The argument `count` chooses the form of both languages: one, or other.
    pub(crate) fn say(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        let form = if arguments.contains(&("count", "1")) { "form=one" } else { "form=other" };
        let message = self.messages.get(key).unwrap_or(&Value::Null);
        let text = message.as_str().or_else(|| message[0]["match"][form].as_str()).unwrap_or(key);
        arguments.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_every_word_of_the_system() {
        let keys = ["tray_open", "pause_fetching", "resume_fetching", "tray_quit", "note_photos", "note_clips"];
        let more = ["note_moments", "note_two", "note_more", "no_name"];
        for words in [Words::of(Some("en")), Words::of(Some("de-AT"))] {
            for key in keys.into_iter().chain(more) {
                let text = words.say(key, &[("count", "2"), ("who", "Anna"), ("first", "Anna"), ("second", "Ben")]);
                assert!(text != key && !text.contains('{'), "{key}: {text}");
            }
        }
    }

    #[test]
    fn numbers_choose_the_form() {
        let say = |tag, count| Words::of(Some(tag)).say("note_photos", &[("count", count), ("who", "Anna")]);
        assert_eq!(say("en", "1"), "Anna added a photo");
        assert_eq!(say("en", "5"), "Anna added 5 photos");
        assert_eq!(say("de", "5"), "Anna hat 5 Fotos geteilt");
    }
}
