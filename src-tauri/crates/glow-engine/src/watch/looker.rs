//! What becomes of the files of a watched folder: decided from what was listed and when, without asking anything.
//!
//! A file is known by its name. A name that was gone and comes back with other bytes is another file: cameras count anew after
//! their card was formatted. One that changes in its place stays what it was: it was rated, or turned.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// How long a file may rest without being whole until it goes out as it is, and fails with the right words.
const PATIENCE: Duration = Duration::from_secs(120);

/// Size and modification time, by which a file is seen to change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) size_bytes: u64,
    pub(super) modified_at_ms: Option<i64>,
}

impl Shape {
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified_at_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        Self { size_bytes: metadata.len(), modified_at_ms }
    }
}

/// What became of a file that does not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// There before it was watched.
    Existing,
    /// Gone out, or failed.
    Done,
    /// Held back by its owner, or because this device was elsewhere.
    Held,
}

/// A file that does not wait, as it is remembered over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) fate: Fate,
    shape: Shape,
    /// Whether the folder was seen without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
}

/// Files that do not wait, by name.
pub(super) type Files = BTreeMap<String, Known>;

/// A file that did not go out yet.
#[derive(Debug)]
struct Resting {
    shape: Shape,
    /// Since when it has not changed, or was found not to be whole.
    since: Instant,
    seen: Instant,
    /// Whether it can go out while it grows; nothing while nobody looked.
    streams: Option<bool>,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A new file: it goes out after the delay unless it is held back or goes away.
    Seen(String),
    /// It has rested long enough.
    Ready(String, Shape),
    /// It has grown for longer than the delay: it may be a recording that can go out as it comes.
    Growing(String),
    /// It was held back, because this device is elsewhere.
    Held(String),
}

/// The files of one folder by their names.
#[derive(Debug)]
pub(super) struct Looker {
    delay: Duration,
    known: Files,
    resting: BTreeMap<String, Resting>,
    /// On their way out: were they remembered as gone, a crash could lose one.
    going: BTreeMap<String, Resting>,
}

impl Looker {
    /// Takes what is there as what was there before.
    pub(super) fn new(delay: Duration, existing: BTreeMap<String, Shape>) -> Self {
        let known = |(name, shape)| (name, Known { fate: Fate::Existing, shape, gone: false });
        Self::resumed(delay, existing.into_iter().map(known).collect())
    }

    /// Goes on where an earlier one ended.
    pub(super) fn resumed(delay: Duration, known: Files) -> Self {
        Self { delay, known, resting: BTreeMap::new(), going: BTreeMap::new() }
    }

    /// What is remembered.
    pub(super) fn known(&self) -> &Files {
        &self.known
    }

    /// The names of files with this fate.
    pub(super) fn with(&self, fate: Fate) -> impl Iterator<Item = &String> {
        self.known.iter().filter(move |(_, known)| known.fate == fate).map(|(name, _)| name)
    }

    /// When something rests long enough next.
    pub(super) fn due(&self) -> Option<Instant> {
        let filled = self.resting.values().filter(|file| file.shape.size_bytes > 0);
        filled.map(|file| file.since + self.delay).min()
    }

    /// Files that go out, and when.
    pub(super) fn waiting(&self) -> Vec<(String, Instant)> {
        let mut waiting: Vec<_> =
            self.resting.iter().map(|(name, file)| (name.clone(), file.since + self.delay)).collect();
        waiting.sort_by_key(|(_, due)| *due);
        waiting
    }

    /// Takes in what is in the folder. Elsewhere (`away`) nothing goes out, and nothing that comes there goes out later by itself.
    pub(super) fn look(&mut self, files: &BTreeMap<String, Shape>, now: Instant, away: bool) -> Vec<Step> {
        self.resting.retain(|name, _| files.contains_key(name));
        for (name, known) in &mut self.known {
            known.gone |= !files.contains_key(name);
        }
        files.iter().filter_map(|(name, shape)| self.look_at(name, *shape, now, away)).collect()
    }

    fn look_at(&mut self, name: &str, shape: Shape, now: Instant, away: bool) -> Option<Step> {
        if self.going.contains_key(name) || self.is_known(name, shape) {
            return None;
        }
        if away {
            self.resting.remove(name);
            self.settle(name, Fate::Held, shape);
            return Some(Step::Held(name.to_owned()));
        }
        let Some(file) = self.resting.get_mut(name) else {
            if shape.size_bytes == 0 {
                return None;
            }
            self.resting.insert(name.to_owned(), Resting { shape, since: now, seen: now, streams: None });
            return Some(Step::Seen(name.to_owned()));
        };
        if file.shape != shape {
            (file.shape, file.since) = (shape, now);
            let grows = now >= file.seen + self.delay && file.streams.is_none();
            return grows.then(|| Step::Growing(name.to_owned()));
        }
        if now < file.since + self.delay || shape.size_bytes == 0 {
            return None;
        }
        self.take(name);
        Some(Step::Ready(name.to_owned(), shape))
    }

    fn is_known(&mut self, name: &str, shape: Shape) -> bool {
        let Some(known) = self.known.get_mut(name) else { return false };
        if known.gone && known.shape != shape {
            self.known.remove(name);
            return false;
        }
        (known.gone, known.shape) = (false, shape);
        true
    }

    /// Notes whether a growing file can go out as it comes. Answers whether it still waits, and is taken then.
    pub(super) fn streams(&mut self, name: &str, streams: bool) -> bool {
        let Some(file) = self.resting.get_mut(name) else { return false };
        file.streams = Some(streams);
        if streams {
            self.take(name);
        }
        streams
    }

    fn take(&mut self, name: &str) {
        if let Some(file) = self.resting.remove(name) {
            self.going.insert(name.to_owned(), file);
        }
    }

    /// Whether a file that is on its way has been waited for long enough, whole or not.
    pub(super) fn is_overdue(&self, name: &str, now: Instant) -> bool {
        self.going.get(name).is_none_or(|file| now >= file.seen + self.delay + PATIENCE)
    }

    /// Lets a file that was on its way wait once more.
    pub(super) fn wait_again(&mut self, name: &str, now: Instant) {
        if let Some(file) = self.going.remove(name) {
            self.resting.insert(name.to_owned(), Resting { since: now, ..file });
        }
    }

    /// Notes that a file went out, or cannot.
    pub(super) fn finish(&mut self, name: &str) {
        if let Some(file) = self.going.remove(name) {
            self.settle(name, Fate::Done, file.shape);
        }
    }

    /// Holds a file back that waits. Answers whether it did.
    pub(super) fn hold(&mut self, name: &str) -> bool {
        let Some(file) = self.resting.remove(name) else { return false };
        self.settle(name, Fate::Held, file.shape);
        true
    }

    /// Lets a file wait again that was held back. Answers whether it was.
    pub(super) fn release(&mut self, name: &str) -> bool {
        let is_held = self.known.get(name).is_some_and(|known| known.fate == Fate::Held);
        if is_held {
            self.known.remove(name);
        }
        is_held
    }

    /// Lets the files wait that were there before it was watched.
    pub(super) fn release_existing(&mut self) {
        self.known.retain(|_, known| known.fate != Fate::Existing);
    }

    fn settle(&mut self, name: &str, fate: Fate, shape: Shape) {
        self.known.insert(name.to_owned(), Known { fate, shape, gone: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(10);

    fn shape(size_bytes: u64) -> Shape {
        Shape { size_bytes, modified_at_ms: None }
    }

    fn folder(files: &[(&str, u64)]) -> BTreeMap<String, Shape> {
        files.iter().map(|(name, size)| ((*name).to_owned(), shape(*size))).collect()
    }

    fn seen(name: &str) -> Step {
        Step::Seen(name.into())
    }

    fn empty() -> Looker {
        Looker::new(DELAY, BTreeMap::new())
    }

    #[test]
    fn a_file_goes_out_once_when_it_has_rested() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, folder(&[("old.jpg", 5)]));
        let files = folder(&[("new.jpg", 5), ("old.jpg", 5)]);
        assert_eq!(looker.look(&files, now, false), [seen("new.jpg")], "what was there is never touched");
        assert_eq!(looker.look(&files, now + DELAY / 2, false), []);
        assert_eq!(looker.due(), Some(now + DELAY));
        assert_eq!(looker.look(&files, now + DELAY, false), [Step::Ready("new.jpg".into(), shape(5))]);
        assert_eq!(looker.look(&files, now + 2 * DELAY, false), [], "it is on its way");
        looker.finish("new.jpg");
        assert_eq!(looker.look(&files, now + 3 * DELAY, false), [], "once");
    }

    #[test]
    fn a_file_that_changes_waits_again_and_an_empty_one_is_none_yet() {
        let now = Instant::now();
        let mut looker = empty();
        assert_eq!(looker.look(&folder(&[("a.jpg", 5), ("b.jpg", 0)]), now, false), [seen("a.jpg")]);
        let grown = folder(&[("a.jpg", 9), ("b.jpg", 0)]);
        looker.look(&grown, now + DELAY / 2, false);
        assert_eq!(looker.look(&grown, now + DELAY, false), []);
        assert_eq!(looker.look(&grown, now + DELAY * 3 / 2, false), [Step::Ready("a.jpg".into(), shape(9))]);
        looker.look(&folder(&[("c.jpg", 5)]), now, false);
        looker.look(&folder(&[("c.jpg", 0)]), now, false);
        assert_eq!(looker.due(), None, "nobody knows when it is filled again");
    }

    #[test]
    fn what_is_not_whole_waits_again_but_not_for_ever() {
        let now = Instant::now();
        let mut looker = empty();
        let files = folder(&[("a.jpg", 5)]);
        looker.look(&files, now, false);
        looker.look(&files, now + DELAY, false);
        assert!(!looker.is_overdue("a.jpg", now + DELAY));
        looker.wait_again("a.jpg", now + DELAY);
        assert_eq!(looker.look(&files, now + DELAY * 3 / 2, false), []);
        assert_eq!(looker.look(&files, now + DELAY * 2, false).len(), 1, "it is looked at again");
        assert!(looker.is_overdue("a.jpg", now + DELAY + PATIENCE));
    }

    #[test]
    fn what_is_held_back_stays_until_it_is_let_go() {
        let now = Instant::now();
        let mut looker = empty();
        let files = folder(&[("a.jpg", 5)]);
        looker.look(&files, now, false);
        assert!(looker.hold("a.jpg"));
        assert!(!looker.hold("a.jpg") && !looker.hold("../etc/passwd"), "only what waits can be held back");
        assert_eq!(looker.look(&files, now + 2 * DELAY, false), []);
        assert!(looker.release("a.jpg"));
        assert!(!looker.release("a.jpg"), "once");
        assert_eq!(looker.look(&files, now + 2 * DELAY, false), [seen("a.jpg")], "it waits again");
        assert_eq!(looker.look(&files, now + 3 * DELAY, false).len(), 1);
        assert!(!looker.hold("a.jpg"), "it is out");
    }

    #[test]
    fn elsewhere_nothing_goes_out_and_nothing_later_by_itself() {
        let now = Instant::now();
        let mut looker = empty();
        looker.look(&folder(&[("before.jpg", 5)]), now, false);
        let away = looker.look(&folder(&[("before.jpg", 5), ("home.jpg", 5)]), now + DELAY, true);
        assert_eq!(away, [Step::Held("before.jpg".into()), Step::Held("home.jpg".into())]);
        let back = folder(&[("before.jpg", 5), ("home.jpg", 5), ("back.jpg", 5)]);
        assert_eq!(looker.look(&back, now + 2 * DELAY, false), [seen("back.jpg")]);
    }

    #[test]
    fn a_name_that_comes_back_with_other_bytes_is_another_file() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, folder(&[("a.jpg", 5), ("b.jpg", 5), ("rated.jpg", 5)]));
        assert_eq!(looker.look(&folder(&[("rated.jpg", 6)]), now, false), [], "changed in its place");
        let files = folder(&[("a.jpg", 5), ("b.jpg", 7), ("rated.jpg", 6)]);
        assert_eq!(looker.look(&files, now, false), [seen("b.jpg")], "the card of a.jpg was away and is back");
    }

    #[test]
    fn what_it_remembers_is_enough_to_go_on() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, folder(&[("old.jpg", 5)]));
        let files = folder(&[("a.jpg", 5), ("b.jpg", 5), ("old.jpg", 5)]);
        looker.look(&files, now, false);
        looker.hold("b.jpg");
        looker.look(&files, now + DELAY, false);
        assert_eq!(looker.with(Fate::Done).count(), 0, "what is still on its way is not gone");
        looker.finish("a.jpg");
        let text = serde_json::to_string(looker.known()).expect("names and numbers");
        let mut resumed = Looker::resumed(DELAY, serde_json::from_str(&text).expect("what was written"));
        let files = folder(&[("a.jpg", 5), ("b.jpg", 5), ("meanwhile.jpg", 5), ("old.jpg", 5)]);
        assert_eq!(resumed.look(&files, now, false), [seen("meanwhile.jpg")]);
        resumed.release_existing();
        assert_eq!(resumed.look(&files, now, false), [seen("old.jpg")]);
    }

    #[test]
    fn a_growing_recording_is_taken_once_and_not_when_it_was_held_back() {
        let now = Instant::now();
        let mut looker = empty();
        looker.look(&folder(&[("a.webm", 5)]), now, false);
        let growing = looker.look(&folder(&[("a.webm", 500)]), now + DELAY, false);
        assert_eq!(growing, [Step::Growing("a.webm".into())]);
        assert!(looker.streams("a.webm", true));
        assert!(!looker.streams("a.webm", true));
        looker.look(&folder(&[("b.webm", 5)]), now, false);
        looker.hold("b.webm");
        assert!(!looker.streams("b.webm", true));
    }
}
