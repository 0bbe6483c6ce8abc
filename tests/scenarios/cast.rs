//! The cast of every scenario: people with a device each, and what the audience checks.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use glow_api::{
    ApiError, Call, Caller, GroupCreate, GroupJoin, Held, InviteCreate, InviteView, Keep, MediaPart, MomentKind,
    MomentView, PeerList, PostReceipt, ProfileSet, StorageGet, StoragePolicy, StorageSet, StorageView, TimelineFilter,
    TimelineQuery,
};
use glow_engine::{CaptureFile, Engine, EngineConfig};
use tempfile::TempDir;
use tests::media::{Sample, Studio};
use tests::{check, compare};

/// How long anything may take on a busy machine; far beyond what it does take.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// How far apart two rounds of states are in a play.
const ROUND: Duration = Duration::from_millis(300);

/// How long a new file of a watched folder can be held back in a play.
const WATCH_DELAY: Duration = Duration::from_secs(4);

static PANICS: Mutex<Vec<String>> = Mutex::new(vec![]);

/// One scenario: a folder for its devices and a studio for its pictures.
pub(crate) struct Play {
    pub(crate) folder: TempDir,
    pub(crate) studio: Studio,
}

/// Somebody with a device.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) posted: Vec<Sample>,
    config: EngineConfig,
    engine: Option<Engine>,
}

impl Play {
    pub(crate) fn new() -> Self {
        remember_panics();
        // Shown of a play that fails.
        let filter = tracing_subscriber::EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| "warn,glow_engine=debug,glow_net=debug".into());
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        Self { folder: TempDir::new().unwrap(), studio: Studio::open().unwrap() }
    }

    /// A person whose device is on, in no group yet.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let config = EngineConfig {
            mdns: false,
            loopback: true,
            states_every: ROUND,
            watch_delay: WATCH_DELAY,
            ..EngineConfig::new(self.folder.path().join(name))
        };
        self.person_with(name, config).await
    }

    /// A person whose device keeps its port, so that others find it again at the address they remember.
    pub(crate) async fn settled_person(&self, name: &str) -> Person {
        let config = EngineConfig {
            mdns: false,
            loopback: true,
            port: Some(settled_port()),
            states_every: ROUND,
            watch_delay: WATCH_DELAY,
            ..EngineConfig::new(self.folder.path().join(name))
        };
        self.person_with(name, config).await
    }

    async fn person_with(&self, name: &str, config: EngineConfig) -> Person {
        let mut person = Person { name: name.into(), group: String::new(), posted: vec![], config, engine: None };
        person.turn_on().await;
        person.must(ProfileSet { name: name.into(), colour: 3 }).await;
        person
    }

    /// Alice starts a group, Bob and Carol join by her invite.
    pub(crate) async fn three(&self) -> [Person; 3] {
        gather([self.person("alice").await, self.person("bob").await, self.person("carol").await]).await
    }

    /// The same three, each of whom can be turned off and is found again.
    pub(crate) async fn settled_three(&self) -> [Person; 3] {
        let alice = self.settled_person("alice").await;
        gather([alice, self.settled_person("bob").await, self.settled_person("carol").await]).await
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

async fn gather([mut alice, mut bob, mut carol]: [Person; 3]) -> [Person; 3] {
    alice.start_group("Anna & Ben").await;
    let invite = alice.invite().await;
    bob.join(&invite.link).await.unwrap();
    carol.join(&invite.link).await.unwrap();
    [alice, bob, carol]
}

impl Person {
    pub(crate) async fn turn_on(&mut self) {
        assert!(self.engine.is_none(), "{} is on already", self.name);
        self.engine = Some(Engine::start(self.config.clone()).await.unwrap());
    }

    pub(crate) async fn turn_off(&mut self) {
        self.engine.take().expect("it is on").shutdown().await;
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("it is on")
    }

    /// The port that a settled person keeps.
    pub(crate) fn port(&self) -> u16 {
        self.config.port.expect("it is settled")
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    pub(crate) async fn ask<C: Call>(&self, request: C) -> Result<C::View, ApiError> {
        self.engine().ask(Caller::Owner, request).await
    }

    /// Asks what must succeed.
    pub(crate) async fn must<C: Call>(&self, request: C) -> C::View {
        self.ask(request).await.unwrap_or_else(|error| panic!("{}: {}: {error}", self.name, C::NAME))
    }

    /// What is kept here, and wished.
    pub(crate) async fn storage(&self) -> StorageView {
        self.must(StorageGet { group: self.group.clone() }).await
    }

    /// Changes what this device keeps of others' moments.
    pub(crate) async fn wish(&self, change: impl Fn(StoragePolicy) -> StoragePolicy) -> StorageView {
        let policy = change(self.storage().await.policy);
        self.must(StorageSet { group: self.group.clone(), policy }).await
    }

    /// From now on this device fetches no originals of photos, and carries none for others.
    pub(crate) async fn keeps_previews_only(&self) {
        self.wish(|policy| StoragePolicy { photos: Keep::Previews, carry_bytes: 0, ..policy }).await;
    }

    pub(crate) async fn start_group(&mut self, title: &str) {
        self.group = self.must(GroupCreate { title: title.into(), ends_at_ms: None }).await.id;
    }

    pub(crate) async fn invite(&self) -> InviteView {
        self.must(InviteCreate { group: self.group.clone(), expires_in_min: None, max_uses: None, carrier: false })
            .await
    }

    pub(crate) async fn join(&mut self, link: &str) -> Result<(), ApiError> {
        self.join_at(link, None).await
    }

    pub(crate) async fn join_at(&mut self, link: &str, address: Option<String>) -> Result<(), ApiError> {
        self.group = self.ask(GroupJoin { link: link.into(), address }).await?.id;
        Ok(())
    }

    /// An address at which this device listens on loopback.
    pub(crate) async fn address(&self) -> String {
        let peers = self.must(PeerList { group: self.group.clone() }).await;
        let of = |text: &String| text.rsplit(' ').next().filter(|at| at.starts_with("127.0.0.1:")).map(str::to_owned);
        peers.listening.iter().find_map(of).unwrap_or_else(|| panic!("{} listens at {:?}", self.name, peers.listening))
    }

    /// Posts samples, all of which must be taken.
    pub(crate) async fn post(&mut self, samples: &[&Sample]) -> PostReceipt {
        let paths = samples.iter().map(|sample| sample.path.as_path()).collect::<Vec<_>>();
        let receipt = self.try_post(&paths).await;
        assert!(receipt.failures.is_empty(), "{}: {:?}", self.name, receipt.failures);
        self.posted.extend(samples.iter().map(|sample| (*sample).clone()));
        receipt
    }

    pub(crate) async fn try_post(&self, paths: &[&Path]) -> PostReceipt {
        let file = |path: &&Path| CaptureFile {
            path: path.to_path_buf(),
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            modified_at_ms: None,
        };
        let files = paths.iter().map(file).collect();
        self.engine().post(Caller::Owner, &self.group, files, |_| {}).await.unwrap()
    }

    /// The whole timeline, by small pages.
    pub(crate) async fn timeline(&self) -> Vec<MomentView> {
        let (mut moments, mut cursor) = (vec![], None);
        loop {
            let filter = TimelineFilter::default();
            let page = self.must(TimelineQuery { group: self.group.clone(), cursor, limit: 7, filter }).await;
            moments.extend(page.moments);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return moments,
            }
        }
    }

    /// The moment that came from a file of this name.
    pub(crate) async fn moment(&self, file_name: &str) -> Option<MomentView> {
        self.timeline().await.into_iter().find(|moment| moment.file_name == file_name)
    }

    pub(crate) async fn bytes(&self, moment: &str, part: MediaPart) -> Vec<u8> {
        let media = self.engine().media(Caller::Owner, &self.group, moment, part).await.unwrap();
        let mut bytes = vec![];
        while (bytes.len() as u64) < media.size_bytes {
            let read = media.read(bytes.len() as u64..media.size_bytes).await.unwrap();
            assert!(!read.is_empty(), "a read inside of the media returns something");
            bytes.extend_from_slice(&read);
        }
        bytes
    }

    /// Waits for a moment of this file that fulfils a wish.
    pub(crate) async fn sees(&self, file_name: &str, wish: impl Fn(&MomentView) -> bool) -> MomentView {
        let what = format!("{} sees {file_name} as it shall be", self.name);
        eventually(&what, || async { self.moment(file_name).await.filter(&wish) }).await
    }
}

/// Asks until there is an answer, at most [`BOUND`] long.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut question: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(start.elapsed() < BOUND, "not within {BOUND:?}: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Waits until all devices show the same, complete album, then checks it and its bytes.
pub(crate) async fn all_well(people: &[&Person]) {
    let mut last = String::new();
    let start = Instant::now();
    while let Err(reason) = settled(people).await {
        last.clone_from(&reason);
        assert!(start.elapsed() < BOUND, "not settled within {BOUND:?}: {last}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eprintln!("settled after {:?}", start.elapsed());
    for sample in people.iter().flat_map(|person| &person.posted) {
        for person in people {
            holds(person, sample).await;
        }
    }
    // Taken first: a failed assertion is a panic itself, and would wait for the lock.
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(panics.is_empty(), "something panicked: {panics:?}");
}

async fn settled(people: &[&Person]) -> Result<(), String> {
    let first = people[0].timeline().await;
    for person in people {
        let timeline = person.timeline().await;
        check::same_timeline((&people[0].name, &person.name), (&first, &timeline))
            .map_err(|error| error.to_string())?;
        if let Some(moment) = timeline.iter().find(|moment| !check::is_complete(moment)) {
            return Err(format!("{} misses a part of {}", person.name, moment.file_name));
        }
    }
    Ok(())
}

async fn holds(person: &Person, sample: &Sample) {
    let timeline = person.timeline().await;
    let stem = |name: &str| name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let is_of = |moment: &&MomentView| {
        moment.file_name == sample.name()
            || (moment.kind == MomentKind::Live && stem(&moment.file_name) == stem(&sample.name()))
    };
    // What was taken back, or posted by somebody else under another name, is not there under this one.
    let Some(moment) = timeline.iter().find(is_of).filter(|moment| !moment.retracted) else { return };
    let part = if moment.file_name == sample.name() { MediaPart::Original } else { MediaPart::Motion };
    let bytes = person.bytes(&moment.id, part).await;
    compare::is_shared_form(sample, &bytes).unwrap_or_else(|error| panic!("on {}'s device: {error:#}", person.name));
    for (part, held) in [(MediaPart::Grid, moment.grid), (MediaPart::Screen, moment.screen)] {
        if held == Held::Complete {
            let preview = person.bytes(&moment.id, part).await;
            assert!(preview.starts_with(&[0xFF, 0xD8]), "{part:?} of {} is a JPEG", sample.name());
        }
    }
}

/// Panics of the product: those on threads that are not a test's own, which bears the test's path as its name.
fn remember_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let is_a_test = std::thread::current().name().is_some_and(|name| name.contains("::") || name == "main");
            if !is_a_test {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
            }
            before(info);
        }));
    });
}

/// A port that is free now and that the system gives to nobody who asks for any: its own are above these.
fn settled_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| rand::random_range(10_000..30_000));
    ports.find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("it does not end")
}
