//! How fast a timeline is: `cargo run --release -p glow-store --example timeline_bench -- [--moments N] [--json]`.
//!
//! Fills a database through `accept` with real operations (signed, sealed, 8 authors, a caption on every tenth moment and a
//! reaction on every third) and measures what a screen asks for. The reference is a bare table of the same rows, clustered by
//! time and read by SQLite in the same run: what any timeline on SQLite has to pay.

use std::{
    collections::BTreeMap,
    error::Error,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use glow_model::{
    BlobId, BlobKey, BlobRef, Body, CameraClock, CameraIdentity, Caption, ClockShift, DeviceKeys, Draft, EpochId,
    EpochSecret, GroupId, MediaId, Moment, MomentKind, OperationId, Original, Reaction, Role, Sealer, Segments, limits,
};
use glow_store::{GroupStore, Incoming, MemberEntry, MemberTable, MomentRow, StoreError, TimelineQuery};
use rusqlite::{Connection, params};

const AUTHORS: u64 = 8;
const BATCH: u64 = 1_000;
/// Moments of a camera whose clock is set, and what it is called.
const CLOCKED: u64 = 10_000;
const ODD_CAMERA: &str = "Odd Clock 1";
const PAGE: usize = 200;
const ROUNDS: u64 = 400;
/// From one that matches every caption to one that matches one.
const SEARCHES: [&str; 4] = ["saw", "num 77", "number 12340", "what we nothing"];
const START_MS: u64 = 1_790_000_000_000;
const STEP_MS: u64 = 700;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let moments = match arguments.iter().position(|argument| argument == "--moments") {
        Some(at) => arguments.get(at + 1).ok_or("--moments needs a number")?.parse()?,
        None => 100_000,
    };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("group.db");
    let store = GroupStore::create(&path, START_MS + moments * STEP_MS)?;
    let mut report = Report::default();
    fill(&store, moments, &mut report)?;
    let reference = Reference::of(&store, &folder.path().join("reference.db"))?;
    measure(&store, &reference, moments, &mut report)?;
    report.figures.insert("database MiB", std::fs::metadata(&path)?.len() as f64 / 1_048_576.0);
    report.print(moments, json);
    Ok(())
}

/// What a screen asks for, many times at random places.
fn measure(store: &GroupStore, reference: &Reference, moments: u64, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut random = Random(1);
    for _ in 0..ROUNDS {
        let after = Some((START_MS + random.below(moments) * STEP_MS, OperationId([0xff; 32])));
        let query = TimelineQuery { after, limit: PAGE, stacked: true, ..TimelineQuery::default() };
        let page = report.time("page of 200", || store.timeline(&query))?;
        let ids: Vec<_> = page.iter().map(|moment| moment.id).collect();
        report.time("reactions of a page", || store.reactions(&ids))?;
        report.time("reference page", || reference.page(after.map_or(0, |(ms, _)| ms)))?;
        let by_author = TimelineQuery { author: page.first().map(|moment| moment.author), ..query };
        report.time("page of one author", || store.timeline(&by_author))?;
        report.time("one moment", || store.moment(ids[0]))?;
    }
    let stacked = TimelineQuery { stacked: true, ..TimelineQuery::default() };
    for round in 0..ROUNDS / 4 {
        let text = Some(SEARCHES[round as usize % SEARCHES.len()].to_owned());
        let search = TimelineQuery { text, limit: PAGE, ..TimelineQuery::default() };
        report.time("search", || store.timeline(&search))?;
        report.time("layout of a search", || store.buckets(&search, 0))?;
        report.time("buckets", || store.buckets(&stacked, 0))?;
        report.time("count", || store.timeline_count(&TimelineQuery::default()))?;
        report.time("summary", || store.summary(&glow_store::WantFilter::default()))?;
        report.time("wanted blobs, 500", || store.blob_wants(500))?;
    }
    for word in ["number 12340", "nothing at all"] {
        report.time("reference buckets", || reference.buckets())?;
        report.time("reference search", || reference.search(word))?;
    }
    for _ in 0..5 {
        report.time("reconcile items", || store.reconcile_items(glow_model::Plane::Content))?;
        report.time("fingerprint", || store.fingerprint())?;
    }
    set_clock(store, report)?;
    let wants = store.blob_wants(500)?;
    for want in &wants {
        report.time("blob came", || store.blob_held(want.blob.id, true))?;
    }
    Ok(())
}

/// Sets the clock of a camera of 10,000 moments (of all, where there are fewer), to and fro.
fn set_clock(store: &GroupStore, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut author = Author::new(1);
    // Far behind what this device has said: the store takes what it gets, chains are its callers' to check.
    (author.seq, author.head) = (limits::SEQUENCE - 10, Some(OperationId([0xee; 32])));
    let camera = CameraIdentity { author: author.keys.id(), name: Some(ODD_CAMERA.into()), body: None };
    let mut replaces = None;
    for hours in [1, -26, 240, 0] {
        let shift = ClockShift { offset_ms: hours * 3_600_000, from_ms: None, until_ms: None, photo_ms: None };
        let clock = CameraClock { camera: camera.clone(), shifts: vec![shift], replaces };
        let setting = author.says(Body::CameraClock(clock), u64::from(hours.unsigned_abs() as u32))?;
        replaces = Some(setting.operation.id());
        let (is_set, pages) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let changes = std::thread::scope(|scope| {
            scope.spawn(|| browse(store, &is_set, &pages));
            let changes = report.time("clock of 10,000", || store.accept(vec![setting], None));
            is_set.store(true, Ordering::Relaxed);
            changes
        })?;
        for took in pages.into_inner().map_err(|_| "a page panicked")? {
            report.times.entry("page beside a clock").or_default().push(took?);
        }
        report.figures.insert("moments of the clock", changes.moved.len() as f64);
    }
    Ok(())
}

/// Asks for the newest page over and over, as somebody who looks on, and notes how long each took.
fn browse(store: &GroupStore, is_over: &AtomicBool, pages: &Mutex<Vec<Result<Duration, StoreError>>>) {
    let query = TimelineQuery { limit: PAGE, stacked: true, ..TimelineQuery::default() };
    loop {
        let start = Instant::now();
        let page = store.timeline(&query).map(|_| start.elapsed());
        pages.lock().expect("nobody panics while holding it").push(page);
        if is_over.load(Ordering::Relaxed) {
            return;
        }
    }
}

fn fill(store: &GroupStore, moments: u64, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut authors: Vec<_> = (1..=AUTHORS as u8).map(Author::new).collect();
    let members = authors.iter().map(Author::member).collect();
    let table = MemberTable { members, invites: Vec::new() };
    store.accept(Vec::new(), Some(table))?;
    let mut batch = Vec::new();
    for number in 0..moments {
        let author = (number % AUTHORS) as usize;
        let post = authors[author].says(Body::Moment(moment(number)), number)?;
        let id = post.operation.id();
        batch.push(post);
        if number % 10 == 0 {
            let text = format!("What we saw at number {number}");
            let caption = Caption { moment: id, replaces: None, text };
            batch.push(authors[author].says(Body::Caption(caption), number)?);
        }
        if number % 3 == 0 {
            let reaction = Reaction { moment: id, emoji: "🎉".into(), on: true };
            let next = (author + 1) % authors.len();
            batch.push(authors[next].says(Body::Reaction(reaction), number)?);
        }
        if batch.len() as u64 >= BATCH || number + 1 == moments {
            let full = std::mem::take(&mut batch);
            report.time("accept of 1,000", || store.accept(full, None))?;
        }
    }
    Ok(())
}

/// A device that authors. Its log starts again where the limit of sequence numbers would end it: the store keeps both.
struct Author {
    keys: DeviceKeys,
    epoch: EpochSecret,
    seq: u64,
    head: Option<OperationId>,
}

impl Author {
    fn new(number: u8) -> Self {
        Self {
            keys: DeviceKeys::from_seeds([number; 32], [number + 100; 32]),
            epoch: EpochSecret::new(EpochId([7; 16]), 0, [8; 32]),
            seq: 0,
            head: None,
        }
    }

    fn member(&self) -> MemberEntry {
        MemberEntry {
            device: self.keys.id(),
            role: Role::Member,
            sealing: self.keys.sealing_key(),
            admitted_by: None,
            invite: None,
            name: "Author".into(),
            colour: 0,
        }
    }

    fn says(&mut self, body: Body, number: u64) -> Result<Incoming, Box<dyn Error>> {
        if self.seq == limits::SEQUENCE {
            (self.seq, self.head) = (0, None);
        }
        let draft = Draft {
            group: GroupId([9; 32]),
            seq: self.seq,
            backlink: self.head,
            time_ms: START_MS + number * STEP_MS,
            epoch: self.epoch.id,
        };
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let key = self.epoch.payload_key(body.plane().ok_or("a known body")?).ok_or("a member's epoch")?;
        let operation = draft.author(&body, &self.keys, Sealer { key: &key, nonce })?;
        self.seq += 1;
        self.head = Some(operation.id());
        Ok(Incoming { operation, body: Some(body), received_ms: START_MS, own: false, local: None })
    }
}

fn moment(number: u64) -> Moment {
    let name = |kind: u8| {
        let mut bytes = spread(number);
        bytes[0] = kind;
        bytes
    };
    let blob = |kind: u8, size| BlobRef { id: BlobId(name(kind)), key: BlobKey(name(kind)), size };
    let size = 3_500_000;
    Moment {
        kind: MomentKind::Photo,
        media: MediaId(name(0)),
        media_type: "image/jpeg".into(),
        width: 4_032,
        height: 3_024,
        duration_ms: None,
        captured_ms: START_MS + number * STEP_MS,
        offset_min: Some(120),
        // Every eighth is the first author's.
        camera: Some(if number < CLOCKED * AUTHORS { ODD_CAMERA } else { "Maker Model 12" }.into()),
        file_name: format!("IMG_{number:07}.jpg"),
        placeholder: vec![number as u8; 25].into(),
        grid: Some(blob(1, 20_000)),
        screen: Some(blob(2, 250_000)),
        original: Some(Original {
            media_type: "image/jpeg".into(),
            size,
            segments: Segments::Inline(vec![blob(3, size)]),
        }),
        motion: None,
        place: None,
        camera_body: None,
    }
}

/// Bytes that are spread as ids are.
fn spread(number: u64) -> [u8; 32] {
    let mut random = Random(number);
    std::array::from_fn(|_| random.below(256) as u8)
}

/// The same rows in a bare table.
struct Reference(Connection);

impl Reference {
    fn of(store: &GroupStore, path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut db = Connection::open(path)?;
        db.execute_batch(
            "CREATE TABLE bare (sort_ms INTEGER NOT NULL, id BLOB NOT NULL, row TEXT NOT NULL,
               caption TEXT NOT NULL, PRIMARY KEY (sort_ms, id)) STRICT, WITHOUT ROWID",
        )?;
        let tx = db.transaction()?;
        let mut query = TimelineQuery { limit: 1_000, ..TimelineQuery::default() };
        loop {
            let page = store.timeline(&query)?;
            let Some(last) = page.last() else { break };
            query.after = Some((last.sort_ms, last.id));
            for MomentRow { sort_ms, id, file_name, caption, .. } in &page {
                let row = format!("{file_name:-<250}");
                tx.prepare_cached("INSERT INTO bare (sort_ms, id, row, caption) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![*sort_ms as i64, id.0, row, caption])?;
            }
        }
        tx.commit()?;
        Ok(Self(db))
    }

    fn page(&self, after_ms: u64) -> Result<Vec<(i64, String)>, rusqlite::Error> {
        let mut statement = self.0.prepare_cached(
            "SELECT sort_ms, row FROM bare WHERE sort_ms <= ?1 ORDER BY sort_ms DESC, id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![after_ms as i64, PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    fn buckets(&self) -> Result<Vec<(i64, i64)>, rusqlite::Error> {
        let mut statement = self
            .0
            .prepare_cached("SELECT sort_ms / 3600000 AS hour, count(*) FROM bare GROUP BY hour ORDER BY hour DESC")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    fn search(&self, word: &str) -> Result<Vec<(i64, String)>, rusqlite::Error> {
        let mut statement = self.0.prepare_cached(
            "SELECT sort_ms, row FROM bare WHERE caption LIKE ?1 ORDER BY sort_ms DESC, id DESC LIMIT ?2",
        )?;
        let found =
            statement.query_map(params![format!("%{word}%"), PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect()
    }
}

#[derive(Default)]
struct Report {
    times: BTreeMap<&'static str, Vec<Duration>>,
    figures: BTreeMap<&'static str, f64>,
}

impl Report {
    fn time<T, E>(&mut self, what: &'static str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let start = Instant::now();
        let value = work()?;
        self.times.entry(what).or_default().push(start.elapsed());
        Ok(value)
    }

    fn print(mut self, moments: u64, json: bool) {
        for times in self.times.values_mut() {
            times.sort_unstable();
        }
        let ms = |times: &[Duration], part: f64| {
            times[((times.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1e3
        };
        let ratio = ms(&self.times["page of 200"], 0.5) / ms(&self.times["reference page"], 0.5);
        self.figures.insert("page / reference page", ratio);
        if json {
            self.print_figures(&ms);
            return;
        }
        println!("{moments} moments");
        println!("{:<22} {:>10} {:>10} {:>8}", "", "p50 ms", "p99 ms", "samples");
        for (what, times) in &self.times {
            println!("{what:<22} {:>10.3} {:>10.3} {:>8}", ms(times, 0.5), ms(times, 0.99), times.len());
        }
        for (what, figure) in &self.figures {
            println!("{what:<22} {figure:>10.2}");
        }
    }

    /// One line a figure, as `npm run bench` reads them: name, what it is of, part of all times, goal, reference.
    fn print_figures(&self, ms: &impl Fn(&[Duration], f64) -> f64) {
        let figures = [
            ("a page of 200, p99", "page of 200", 0.99, Some(2.0), Some("reference page")),
            ("the layout of all of it, p99", "buckets", 0.99, Some(5.0), Some("reference buckets")),
            ("a search, p99", "search", 0.99, Some(30.0), Some("reference search")),
            ("the layout of a search, p99", "layout of a search", 0.99, None, None),
            ("a page of one author, p99", "page of one author", 0.99, None, None),
            ("reactions of a page, p99", "reactions of a page", 0.99, None, None),
            ("a camera's clock set, 10,000 moments, worst", "clock of 10,000", 1.0, Some(1_000.0), None),
            ("a page of 200 while a clock is set, worst", "page beside a clock", 1.0, Some(100.0), None),
        ];
        for (name, what, part, goal, reference) in figures {
            let round = |value: f64| (value * 1_000.0).round() / 1_000.0;
            let mut line =
                serde_json::json!({ "bench": name, "value": round(ms(&self.times[what], part)), "unit": "ms" });
            if let Some(goal) = goal {
                line["goal"] = goal.into();
            }
            if let Some(reference) = reference {
                let value = round(ms(&self.times[reference], part));
                line["reference"] = serde_json::json!({ "name": "a bare SQLite table", "value": value });
            }
            println!("{line}");
        }
    }
}

/// SplitMix64: the same places in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
