//! A watched folder: what a camera writes there goes out by itself, and nothing else does.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use glow_api::{
    Caller, ErrorCode, GroupCreate, MomentRetract, MomentView, WatchExisting, WatchGet, WatchHold, WatchOff,
    WatchState, WatchView,
};
use tests::media::Shot;

use crate::cast::{Person, Play, all_well, eventually};

/// A camera's folder on somebody's machine.
struct Folder(PathBuf);

impl Folder {
    fn new(play: &Play) -> Self {
        let folder = Self(play.folder.path().join("101D750"));
        folder.make();
        folder
    }

    fn make(&self) {
        std::fs::create_dir(&self.0).unwrap();
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    fn take(&self, name: &str, number: u32) {
        self.put(name, &jpeg(number));
    }

    async fn watch(&self, person: &Person) -> WatchView {
        person.engine().watch_folder(Caller::Owner, &person.group, self.0.clone()).await.unwrap()
    }
}

fn jpeg(number: u32) -> Vec<u8> {
    let shot = Shot {
        number,
        model: "D750".into(),
        serial: None,
        time: format!("2026:06:20 10:00:{:02}", number % 60),
        offset: Some("+00:00".into()),
        code: None,
    };
    shot.jpeg().unwrap()
}

async fn view(person: &Person) -> WatchView {
    person.must(WatchGet { group: person.group.clone() }).await
}

/// Waits until what is watched is as it shall be.
async fn becomes(person: &Person, what: &str, wish: impl Fn(&WatchView) -> bool) -> WatchView {
    let wish = &wish;
    eventually(what, || async move { Some(view(person).await).filter(wish) }).await
}

async fn hold(person: &Person, file: &str, hold: bool) -> Result<WatchView, ErrorCode> {
    let request = WatchHold { group: person.group.clone(), file: file.into(), hold };
    person.ask(request).await.map_err(|error| error.code)
}

fn names(mut moments: Vec<MomentView>) -> Vec<String> {
    moments.sort_by(|a, b| a.file_name.cmp(&b.file_name));
    moments.into_iter().map(|moment| moment.file_name).collect()
}

async fn pair(play: &Play) -> [Person; 2] {
    let mut alice = play.person("alice").await;
    let mut bob = play.person("bob").await;
    alice.start_group("Anna & Ben").await;
    bob.join(&alice.invite().await.link).await.unwrap();
    [alice, bob]
}

async fn alone(play: &Play) -> Person {
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    alice
}

#[tokio::test(flavor = "multi_thread")]
async fn what_appears_from_now_on_reaches_the_others_once_and_nothing_older() {
    let play = Play::new();
    let [alice, bob] = pair(&play).await;
    let folder = Folder::new(&play);
    folder.take("before.jpg", 1);
    assert_eq!(view(&alice).await, WatchView::default(), "it is off until somebody switches it on");

    let on = folder.watch(&alice).await;
    assert_eq!((on.state, on.existing), (WatchState::On, 1));
    folder.take("new.jpg", 2);
    folder.take("copy of new.jpg", 2);
    becomes(&alice, "both are done", |view| view.posted == 2).await;
    bob.sees("new.jpg", |moment| !moment.mine).await;
    all_well(&[&alice, &bob]).await;
    assert_eq!(alice.timeline().await.len(), 1, "the same photo twice is one moment");

    alice.must(WatchExisting { group: alice.group.clone() }).await;
    bob.sees("before.jpg", |_| true).await;
    assert_eq!(view(&alice).await.existing, 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn no_link_leads_out_of_the_folder_and_a_name_is_only_a_name() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

    let play = Play::new();
    let alice = alone(&play).await;
    let folder = Folder::new(&play);
    folder.watch(&alice).await;
    let secret = play.file("secret.jpg", &jpeg(1));
    symlink(&secret, folder.0.join("link.jpg")).unwrap();
    symlink("/nowhere", folder.0.join("dangling.jpg")).unwrap();
    symlink(play.folder.path(), folder.0.join("below")).unwrap();
    std::fs::create_dir(folder.0.join("folder.jpg")).unwrap();
    std::fs::write(folder.0.join("folder.jpg/inside.jpg"), jpeg(2)).unwrap();
    folder.take(".hidden.jpg", 3);
    std::fs::write(folder.0.join(std::ffi::OsStr::from_bytes(b"latin-\xE4.jpg")), jpeg(4)).unwrap();
    folder.take("<img src=x>\n.jpg", 5);
    folder.put("notes.txt", b"no photo");
    folder.take("photo.jpg", 6);
    let done = becomes(&alice, "all have been looked at", |view| view.posted == 2 && view.failures.len() == 1).await;
    assert_eq!((done.waiting_count, done.held_count), (0, 0), "{done:?}");
    assert_eq!((done.failures[0].name.as_str(), done.failures[0].error.code), ("notes.txt", ErrorCode::UnknownFormat));
    let timeline = names(alice.timeline().await);
    assert_eq!(timeline.len(), 2, "{timeline:?}");
    assert!(timeline.contains(&"photo.jpg".to_owned()), "{timeline:?}");
    assert_eq!(hold(&alice, "../secret.jpg", true).await, Err(ErrorCode::BadRequest), "only what waits has a name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_half_written_waits_until_it_is_whole() {
    let play = Play::new();
    let alice = alone(&play).await;
    let folder = Folder::new(&play);
    folder.watch(&alice).await;
    let whole = jpeg(1);
    folder.put("slow.jpg", &whole[..whole.len() / 2]);
    becomes(&alice, "it waits", |view| view.waiting_count == 1).await;
    for number in 2..4 {
        let name = format!("meanwhile-{number}.jpg");
        folder.take(&name, number);
        // Each took its whole time, which is longer than that of the half file would be.
        becomes(&alice, "the other goes out", |view| view.posted == number - 1).await;
    }
    let waits = view(&alice).await;
    assert_eq!((waits.waiting_count, waits.failures.len()), (1, 0), "{waits:?}");
    folder.put("slow.jpg", &whole);
    let moment = alice.sees("slow.jpg", |_| true).await;
    let bytes = alice.bytes(&moment.id, glow_api::MediaPart::Original).await;
    assert_eq!(bytes.len(), whole.len(), "all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_in_time_reaches_nobody_until_it_is_let_go() {
    let play = Play::new();
    let [mut alice, bob] = pair(&play).await;
    let folder = Folder::new(&play);
    folder.watch(&alice).await;
    folder.take("private.jpg", 1);
    let waiting = becomes(&alice, "it waits", |view| view.waiting_count == 1).await;
    assert_eq!(waiting.waiting[0].name, "private.jpg");
    let held = hold(&alice, "private.jpg", true).await.unwrap();
    assert_eq!((held.waiting_count, held.held.as_slice()), (0, ["private.jpg".to_owned()].as_slice()));

    // It appeared later and has the same time to wait: when it is out, that of the first is over.
    folder.take("public.jpg", 2);
    bob.sees("public.jpg", |_| true).await;
    assert_eq!(names(alice.timeline().await), ["public.jpg"]);
    assert_eq!(names(bob.timeline().await), ["public.jpg"]);
    assert_eq!(hold(&alice, "public.jpg", true).await, Err(ErrorCode::BadRequest), "that is out");
    let public = alice.moment("public.jpg").await.unwrap();
    alice.must(MomentRetract { group: alice.group.clone(), moment: public.id }).await;
    let is_gone = || async { bob.moment("public.jpg").await.is_none_or(|moment| moment.retracted).then_some(()) };
    eventually("what was taken back is gone from Bob", is_gone).await;

    alice.turn_off().await;
    alice.turn_on().await;
    folder.take("later.jpg", 3);
    alice.sees("later.jpg", |_| true).await;
    let after = view(&alice).await;
    assert_eq!(after.held, ["private.jpg"], "held back over a restart");
    assert!(alice.moment("private.jpg").await.is_none());
    assert!(alice.moment("public.jpg").await.is_none_or(|moment| moment.retracted), "what was taken back stays so");
    hold(&alice, "private.jpg", false).await.unwrap();
    alice.sees("private.jpg", |_| true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn off_is_off() {
    let play = Play::new();
    let [mut alice, bob] = pair(&play).await;
    let folder = Folder::new(&play);
    folder.watch(&alice).await;
    folder.watch(&bob).await;
    folder.take("waits.jpg", 1);
    becomes(&alice, "it waits", |view| view.waiting_count == 1).await;
    let off = alice.must(WatchOff { group: alice.group.clone() }).await;
    assert_eq!(off, WatchView::default(), "what waited is dropped with it");
    // Bob's device watches the same folder: when it has posted, Alice's would have.
    let moment = bob.sees("waits.jpg", |moment| moment.mine).await;
    alice.sees("waits.jpg", |seen| !seen.mine && seen.id == moment.id).await;
    alice.turn_off().await;
    alice.turn_on().await;
    assert_eq!(view(&alice).await, WatchView::default(), "and stays off");
    assert_eq!(alice.moment("waits.jpg").await.unwrap().id, moment.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_after_a_restart_without_posting_anything_twice() {
    let play = Play::new();
    let mut alice = alone(&play).await;
    let folder = Folder::new(&play);
    folder.take("before.jpg", 1);
    folder.watch(&alice).await;
    folder.take("first.jpg", 2);
    becomes(&alice, "it is out and noted", |view| view.posted == 1).await;
    alice.turn_off().await;
    folder.take("while off.jpg", 3);
    alice.turn_on().await;
    alice.sees("while off.jpg", |_| true).await;
    let on = becomes(&alice, "it is counted", |view| view.posted == 2).await;
    assert_eq!((on.state, on.existing), (WatchState::On, 1));
    assert_eq!(names(alice.timeline().await), ["first.jpg", "while off.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_gone_is_said_so_and_looked_for_until_it_is_back() {
    let play = Play::new();
    let mut alice = alone(&play).await;
    let folder = Folder::new(&play);
    folder.take("before.jpg", 1);
    folder.watch(&alice).await;
    let away = play.folder.path().join("in the bag");
    std::fs::rename(&folder.0, &away).unwrap();
    becomes(&alice, "it is missing", |view| view.state == WatchState::Missing).await;
    alice.turn_off().await;
    alice.turn_on().await;
    becomes(&alice, "it is missing still", |view| view.state == WatchState::Missing).await;
    std::fs::write(away.join("new.jpg"), jpeg(2)).unwrap();
    std::fs::rename(&away, &folder.0).unwrap();
    alice.sees("new.jpg", |_| true).await;
    let back = becomes(&alice, "it is back", |view| view.state == WatchState::On && view.posted == 1).await;
    assert_eq!(back.existing, 1, "what was there before still was");
    assert_eq!(names(alice.timeline().await), ["new.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_the_group() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    let folder = Folder::new(&play);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let ends_at_ms = Some(i64::try_from(now).unwrap() + 3_000);
    alice.group = alice.must(GroupCreate { title: "Sunset".into(), ends_at_ms }).await.id;
    assert_eq!(folder.watch(&alice).await.state, WatchState::On);
    becomes(&alice, "it is off", |view| view.state == WatchState::Off).await;
    let refused = alice.engine().watch_folder(Caller::Owner, &alice.group, folder.0.clone()).await;
    assert_eq!(refused.err().map(|error| error.code), Some(ErrorCode::GroupEnded));
}
