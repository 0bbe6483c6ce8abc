//! What is told of arrivals while nobody looks: when, and gathered into how few sentences.
//!
//! Time is given, never asked for. Arrivals of a group are gathered until it has been quiet for a moment, or for long enough;
//! what comes after that is added to what was told, in the same notification, until somebody looks.

use std::collections::BTreeMap;

use crate::system::preferences::Preferences;
use crate::system::words::Words;

/// A group is quiet after this, in milliseconds.
const QUIET_MS: i64 = 4_000;
/// Nothing waits longer than this, in milliseconds.
const PATIENCE_MS: i64 = 20_000;
/// Night begins and ends, in hours of the day.
const NIGHT: (i8, i8) = (22, 8);

/// One moment that somebody added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) group: String,
    pub(crate) title: String,
    /// Who added it; empty when unknown.
    pub(crate) author: String,
    pub(crate) is_clip: bool,
}

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) group: String,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// Arrivals that nobody has seen.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    groups: BTreeMap<String, Unseen>,
}

#[derive(Debug, Default)]
struct Unseen {
    title: String,
    /// In the order of their first moment.
    authors: Vec<String>,
    photos: u32,
    clips: u32,
    /// The first and the last of those that were not told yet.
    untold: Option<(i64, i64)>,
}

impl Digest {
    pub(crate) fn handle_arrival(&mut self, arrival: Arrival, now_ms: i64) {
        let unseen = self.groups.entry(arrival.group).or_default();
        unseen.title = arrival.title;
        if !unseen.authors.contains(&arrival.author) {
            unseen.authors.push(arrival.author);
        }
        if arrival.is_clip {
            unseen.clips += 1;
        } else {
            unseen.photos += 1;
        }
        unseen.untold = Some((unseen.untold.map_or(now_ms, |(first, _)| first), now_ms));
    }

    /// Somebody looks: everything is seen.
    pub(crate) fn handle_look(&mut self) {
        self.groups.clear();
    }

    /// When [`Digest::poll`] has something next.
    pub(crate) fn due_ms(&self) -> Option<i64> {
        self.groups.values().filter_map(Unseen::due_ms).min()
    }

    /// What is to be told now, as far as the person wants it. What is not wanted is not told later either.
    pub(crate) fn poll(&mut self, now_ms: i64, hour: i8, preferences: &Preferences, words: &Words) -> Vec<Note> {
        let mut notes = Vec::new();
        for (group, unseen) in &mut self.groups {
            if unseen.due_ms().is_none_or(|due| due > now_ms) {
                continue;
            }
            unseen.untold = None;
            if is_wanted(preferences, group, hour) {
                let (title, body) = (unseen.title.clone(), unseen.sentence(words));
                notes.push(Note { group: group.clone(), title, body });
            }
        }
        notes
    }
}

impl Unseen {
    fn due_ms(&self) -> Option<i64> {
        self.untold.map(|(first, last)| (last + QUIET_MS).min(first + PATIENCE_MS))
    }

    fn sentence(&self, words: &Words) -> String {
        let who = who(&self.authors, words);
        let (key, count) = match (self.photos, self.clips) {
            (photos, 0) => ("note_photos", photos),
            (0, clips) => ("note_clips", clips),
            (photos, clips) => ("note_moments", photos + clips),
        };
        words.say(key, &[("count", &count.to_string()), ("who", &who)])
    }
}

/// Whether an arrival in that group is told at that hour of the day.
fn is_wanted(preferences: &Preferences, group: &str, hour: i8) -> bool {
    let is_night = hour >= NIGHT.0 || hour < NIGHT.1;
    preferences.notify && !preferences.muted.contains(group) && (preferences.notify_at_night || !is_night)
}

fn who(authors: &[String], words: &Words) -> String {
    let name = |author: &String| if author.is_empty() { words.say("no_name", &[]) } else { author.clone() };
    match authors {
        [] => words.say("no_name", &[]),
        [one] => name(one),
        [first, second] => words.say("note_two", &[("first", &name(first)), ("second", &name(second))]),
        [first, second, others @ ..] => {
            let count = others.len().to_string();
            words.say("note_more", &[("first", &name(first)), ("second", &name(second)), ("count", &count)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i8 = 12;

    fn arrival(group: &str, author: &str, is_clip: bool) -> Arrival {
        Arrival { group: group.to_owned(), title: format!("Group {group}"), author: author.to_owned(), is_clip }
    }

    fn told(digest: &mut Digest, now_ms: i64, hour: i8, preferences: &Preferences) -> Vec<String> {
        let words = Words::of(Some("en"));
        digest.poll(now_ms, hour, preferences, words).into_iter().map(|note| note.body).collect()
    }

    #[test]
    fn a_burst_is_one_sentence_once_it_is_quiet() {
        let (mut digest, choices) = (Digest::default(), Preferences::default());
        for at in [0, 1_000, 2_000, 3_000, 4_000] {
            digest.handle_arrival(arrival("a", "Anna", false), at);
            assert!(told(&mut digest, at, NOON, &choices).is_empty(), "more may come");
        }
        assert_eq!(digest.due_ms(), Some(8_000));
        assert_eq!(told(&mut digest, 8_000, NOON, &choices), ["Anna added 5 photos"]);
        assert!(told(&mut digest, 60_000, NOON, &choices).is_empty(), "it is told once");
        assert_eq!(digest.due_ms(), None);
    }

    #[test]
    fn a_stream_without_an_end_is_told_of_now_and_then_with_its_sum() {
        let (mut digest, choices) = (Digest::default(), Preferences::default());
        let mut notes = Vec::new();
        for second in 0..45 {
            digest.handle_arrival(arrival("a", "Anna", false), second * 1_000);
            notes.extend(told(&mut digest, second * 1_000, NOON, &choices));
        }
        assert_eq!(notes, ["Anna added 21 photos", "Anna added 42 photos"]);
    }

    #[test]
    fn people_and_kinds_are_named() {
        let (mut digest, choices) = (Digest::default(), Preferences::default());
        digest.handle_arrival(arrival("a", "Anna", false), 0);
        digest.handle_arrival(arrival("a", "Ben", true), 0);
        digest.handle_arrival(arrival("b", "", true), 0);
        assert_eq!(
            told(&mut digest, 9_000, NOON, &choices),
            ["Anna and Ben added 2 moments", "Someone added a clip"],
            "each group says its own"
        );
        for other in ["Carol", "Dave"] {
            digest.handle_arrival(arrival("a", other, false), 10_000);
        }
        assert_eq!(told(&mut digest, 19_000, NOON, &choices), ["Anna, Ben and 2 others added 4 moments"]);
    }

    #[test]
    fn who_looks_needs_no_telling() {
        let (mut digest, choices) = (Digest::default(), Preferences::default());
        digest.handle_arrival(arrival("a", "Anna", false), 0);
        digest.handle_look();
        assert!(told(&mut digest, 60_000, NOON, &choices).is_empty(), "it was seen");
        digest.handle_arrival(arrival("a", "Anna", false), 70_000);
        assert_eq!(told(&mut digest, 80_000, NOON, &choices), ["Anna added a photo"], "what was seen does not count");
    }

    #[test]
    fn nights_and_quiet_groups_stay_quiet() {
        let day = Preferences::default();
        let night = Preferences { notify_at_night: true, ..Preferences::default() };
        let off = Preferences { notify: false, notify_at_night: true, ..Preferences::default() };
        let muted = Preferences { muted: ["a".to_owned()].into(), ..night.clone() };
        for (hour, by_day) in [(0, false), (7, false), (8, true), (21, true), (22, false), (23, false)] {
            assert_eq!(is_wanted(&day, "a", hour), by_day, "at {hour}");
            assert!(is_wanted(&night, "a", hour), "at {hour}, wanted at night");
            assert!(!is_wanted(&off, "a", hour) && !is_wanted(&muted, "a", hour), "at {hour}");
            assert!(is_wanted(&muted, "b", hour), "another group");
        }
        let mut digest = Digest::default();
        digest.handle_arrival(arrival("a", "Anna", false), 0);
        assert!(told(&mut digest, 9_000, 23, &day).is_empty(), "not at night");
        assert!(told(&mut digest, 90_000, NOON, &day).is_empty(), "and not in the morning either");
    }
}
