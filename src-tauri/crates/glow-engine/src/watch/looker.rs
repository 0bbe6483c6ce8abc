//! What becomes of the files of a watched folder: decided from what was listed and when, without asking anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

/// Size and modification time, by which a file is seen to change.
pub(super) type Shape = (u64, Option<SystemTime>);

/// A file that did not go out yet.
#[derive(Debug)]
struct Resting {
    shape: Shape,
    /// Since when it has not changed.
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
    /// There before it was watched.
    existing: BTreeSet<String>,
    /// On their way out: were they remembered as gone, a crash could lose one.
    going: BTreeSet<String>,
    /// Gone out, or failed.
    done: BTreeSet<String>,
    /// Held back by their owner, or because this device was elsewhere.
    held: BTreeSet<String>,
    resting: BTreeMap<String, Resting>,
}

impl Looker {
    pub(super) fn new(delay: Duration, existing: BTreeSet<String>) -> Self {
        Self::resumed(delay, [existing, BTreeSet::new(), BTreeSet::new()])
    }

    /// Goes on where an earlier one ended.
    pub(super) fn resumed(delay: Duration, [existing, done, held]: [BTreeSet<String>; 3]) -> Self {
        Self { delay, existing, going: BTreeSet::new(), done, held, resting: BTreeMap::new() }
    }

    /// What is remembered: files there before, gone out, held back.
    pub(super) fn remembered(&self) -> [&BTreeSet<String>; 3] {
        [&self.existing, &self.done, &self.held]
    }

    /// When something rests long enough next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.resting.values().map(|file| file.since + self.delay).min()
    }

    /// Files that go out, and when.
    pub(super) fn waiting(&self) -> Vec<(String, Instant)> {
        let mut waiting: Vec<_> =
            self.resting.iter().map(|(name, file)| (name.clone(), file.since + self.delay)).collect();
        waiting.sort_by_key(|(_, due)| *due);
        waiting
    }

    /// Takes in what is in the folder. Elsewhere (`away`) nothing goes out, and nothing that comes there goes out later by itself.
    pub(super) fn look(&mut self, files: BTreeMap<String, Shape>, now: Instant, away: bool) -> Vec<Step> {
        self.resting.retain(|name, _| files.contains_key(name));
        let mut steps = Vec::new();
        for (name, shape) in files {
            if self.knows(&name) {
                continue;
            }
            if away {
                self.resting.remove(&name);
                self.held.insert(name.clone());
                steps.push(Step::Held(name));
                continue;
            }
            match self.resting.get_mut(&name) {
                None => {
                    self.resting.insert(name.clone(), Resting { shape, since: now, seen: now, streams: None });
                    steps.push(Step::Seen(name));
                }
                Some(file) if file.shape != shape => {
                    (file.shape, file.since) = (shape, now);
                    if now >= file.seen + self.delay && file.streams.is_none() {
                        steps.push(Step::Growing(name));
                    }
                }
                Some(file) if now >= file.since + self.delay && shape.0 > 0 => {
                    self.take(&name);
                    steps.push(Step::Ready(name, shape));
                }
                Some(_) => {}
            }
        }
        steps
    }

    fn knows(&self, name: &str) -> bool {
        [&self.existing, &self.going, &self.done, &self.held].into_iter().any(|names| names.contains(name))
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
        self.resting.remove(name);
        self.going.insert(name.to_owned());
    }

    /// Notes that a file went out, or cannot.
    pub(super) fn finish(&mut self, name: &str) {
        self.going.remove(name);
        self.done.insert(name.to_owned());
    }

    /// Holds a file back that waits. Answers whether it did.
    pub(super) fn hold(&mut self, name: &str) -> bool {
        let waits = self.resting.remove(name).is_some();
        if waits {
            self.held.insert(name.to_owned());
        }
        waits
    }

    /// Lets a file wait again that was held back. Answers whether it was.
    pub(super) fn release(&mut self, name: &str) -> bool {
        self.held.remove(name)
    }

    /// Lets the files wait that were there before it was watched.
    pub(super) fn release_existing(&mut self) {
        self.existing.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(10);

    fn folder(files: &[(&str, u64)]) -> BTreeMap<String, Shape> {
        files.iter().map(|(name, size)| ((*name).to_owned(), (*size, None))).collect()
    }

    fn seen(name: &str) -> Step {
        Step::Seen(name.into())
    }

    #[test]
    fn a_file_goes_out_once_when_it_has_rested() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::from(["old.jpg".into()]));
        let files = || folder(&[("new.jpg", 5), ("old.jpg", 5)]);
        assert_eq!(looker.look(files(), now, false), [seen("new.jpg")], "what was there is never touched");
        assert_eq!(looker.look(files(), now + DELAY / 2, false), []);
        assert_eq!(looker.due(), Some(now + DELAY));
        assert_eq!(looker.look(files(), now + DELAY, false), [Step::Ready("new.jpg".into(), (5, None))]);
        assert_eq!(looker.look(files(), now + 2 * DELAY, false), [], "once");
    }

    #[test]
    fn a_file_that_changes_waits_again_and_an_empty_one_waits_for_ever() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::new());
        looker.look(folder(&[("a.jpg", 5), ("b.jpg", 0)]), now, false);
        looker.look(folder(&[("a.jpg", 9), ("b.jpg", 0)]), now + DELAY / 2, false);
        assert_eq!(looker.look(folder(&[("a.jpg", 9), ("b.jpg", 0)]), now + DELAY, false), []);
        let later = looker.look(folder(&[("a.jpg", 9), ("b.jpg", 0)]), now + DELAY * 3 / 2, false);
        assert_eq!(later, [Step::Ready("a.jpg".into(), (9, None))]);
    }

    #[test]
    fn what_is_held_back_stays_until_it_is_let_go() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::new());
        looker.look(folder(&[("a.jpg", 5)]), now, false);
        assert!(looker.hold("a.jpg"));
        assert!(!looker.hold("a.jpg") && !looker.hold("../etc/passwd"), "only what waits can be held back");
        assert_eq!(looker.look(folder(&[("a.jpg", 5)]), now + 2 * DELAY, false), []);
        assert!(looker.release("a.jpg"));
        assert_eq!(looker.look(folder(&[("a.jpg", 5)]), now + 2 * DELAY, false), [seen("a.jpg")], "it waits again");
        assert_eq!(looker.look(folder(&[("a.jpg", 5)]), now + 3 * DELAY, false).len(), 1);
        assert!(!looker.hold("a.jpg"), "it is out");
    }

    #[test]
    fn elsewhere_nothing_goes_out_and_nothing_later_by_itself() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::new());
        looker.look(folder(&[("before.jpg", 5)]), now, false);
        let away = looker.look(folder(&[("before.jpg", 5), ("home.jpg", 5)]), now + DELAY, true);
        assert_eq!(away, [Step::Held("before.jpg".into()), Step::Held("home.jpg".into())]);
        let back = folder(&[("before.jpg", 5), ("home.jpg", 5), ("back.jpg", 5)]);
        assert_eq!(looker.look(back, now + 2 * DELAY, false), [seen("back.jpg")]);
    }

    #[test]
    fn what_it_remembers_is_enough_to_go_on() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::from(["old.jpg".into()]));
        looker.look(folder(&[("a.jpg", 5), ("b.jpg", 5)]), now, false);
        looker.hold("b.jpg");
        looker.look(folder(&[("a.jpg", 5), ("b.jpg", 5)]), now + DELAY, false);
        let [_, done, _] = looker.remembered();
        assert!(done.is_empty(), "what is still on its way is not gone");
        looker.finish("a.jpg");
        let remembered = looker.remembered().map(Clone::clone);
        let mut resumed = Looker::resumed(DELAY, remembered);
        let files = folder(&[("a.jpg", 5), ("b.jpg", 5), ("meanwhile.jpg", 5), ("old.jpg", 5)]);
        assert_eq!(resumed.look(files.clone(), now, false), [seen("meanwhile.jpg")]);
        resumed.release_existing();
        assert_eq!(resumed.look(files, now, false), [seen("old.jpg")]);
    }

    #[test]
    fn a_growing_recording_is_taken_once_and_not_when_it_was_held_back() {
        let now = Instant::now();
        let mut looker = Looker::new(DELAY, BTreeSet::new());
        looker.look(folder(&[("a.webm", 5)]), now, false);
        let growing = looker.look(folder(&[("a.webm", 500)]), now + DELAY, false);
        assert_eq!(growing, [Step::Growing("a.webm".into())]);
        assert!(looker.streams("a.webm", true));
        assert!(!looker.streams("a.webm", true));
        looker.look(folder(&[("b.webm", 5)]), now, false);
        looker.hold("b.webm");
        assert!(!looker.streams("b.webm", true));
    }
}
