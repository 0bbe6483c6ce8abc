//! A rehearsal: simulated members post through a box of their own, so that the host sees on the screen that all works before
//! the event.
//!
//! Everything is real but the people: one engine each, connected over loopback, joining by an invite and posting pictures, in
//! a group and a folder of its own that are gone afterwards. What it cannot show is the Wi-Fi of the venue.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use glow_api::{ApiError, Caller, Event, GroupCreate, GroupJoin, Held, MomentGet, ProfileSet, StorageGet};
use glow_engine::{CaptureFile, Engine, EngineConfig, rehearsal_picture};
use glow_gateway::{Gateway, GatewayConfig};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::doors::screen_url;
use super::group;
use crate::cli::{Global, Rehearse};
use crate::command::told_to_end;
use crate::node::data_dir;
use crate::output::{Output, size};

const TITLE: &str = "Rehearsal";
/// Names of the simulated members; later ones have a number, too.
const NAMES: [&str; 8] = ["Alma", "Bela", "Cleo", "Dario", "Edda", "Falk", "Gita", "Hugo"];
/// Nothing may stand still for longer than this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Arrivals that wait to be counted.
const ARRIVALS: usize = 256;

/// What a rehearsal came to.
#[derive(Debug, Serialize)]
struct Figures {
    members: u32,
    /// Pictures that were posted.
    pictures: u32,
    /// Pictures that arrived with their preview, over all members and the box.
    arrived: u32,
    /// So many were to arrive.
    expected: u32,
    /// From the file to its preview on another device, in milliseconds: the half of them, nearly all, the last one.
    p50_ms: u64,
    p99_ms: u64,
    last_ms: u64,
    /// How long the members took to join, all of them.
    joined_ms: u64,
    /// What the box holds when every picture is seen: originals may still be on their way.
    box_bytes: u64,
    /// The most memory that this program took, box and members together; nothing where the system does not say.
    memory_bytes: Option<u64>,
}

/// Rehearses, or ends early when it is told to. What was made for it is gone either way.
pub(super) async fn rehearse(global: &Global, out: Output, args: &Rehearse) -> Result<()> {
    let folder = Scratch::make(&data_dir(global)?)?;
    let rehearsed = tokio::select! {
        rehearsed = play(&folder.0, out, args) => Some(rehearsed),
        () = told_to_end() => None,
    };
    drop(folder);
    let Some(figures) = rehearsed.transpose()? else { return Err(crate::exit::Interrupted.into()) };
    if figures.arrived < figures.expected {
        bail!("{} of {} pictures did not arrive", figures.expected - figures.arrived, figures.expected);
    }
    Ok(())
}

/// A folder that goes when it is dropped.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn make(beside: &Path) -> Result<Self> {
        let path = beside.join(format!("rehearsal-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "what a rehearsal left behind");
        }
    }
}

async fn play(folder: &Path, out: Output, args: &Rehearse) -> Result<Figures> {
    let bar = out.bar();
    bar.waiting("Setting up");
    let host = engine(&folder.join("box")).await?;
    host.ask(Caller::Owner, ProfileSet { name: "Venue box".to_owned(), colour: 0 }).await?;
    let group = host.ask(Caller::Owner, GroupCreate { title: TITLE.to_owned(), ends_at_ms: None }).await?;
    let link = group::invite(&host, &group).await?.context("whoever starts a group may invite")?.link;
    let group = group.id;
    let gateway = Gateway::start(host.clone(), GatewayConfig::default()).await.context("the page cannot be served")?;
    out.hint(&format!("The big screen of the rehearsal:\n\n  {}\n", screen_url(&gateway.page_url(), &group)));

    bar.waiting("Members join");
    let began = Instant::now();
    let members = join(folder, &link, args.guests).await?;
    let joined_ms = millis(began.elapsed());

    bar.waiting("Members post");
    let everyone: Vec<Engine> = members.iter().chain([&host]).cloned().collect();
    let (latencies, expected) = post(folder, &group, &members, &everyone, args.photos).await?;

    let box_bytes = host.ask(Caller::Owner, StorageGet { group }).await?.used_bytes;
    drop(bar);
    let pictures = args.guests * args.photos;
    let at = |part: usize| latencies.get((latencies.len().saturating_sub(1)) * part / 100).copied().unwrap_or(0);
    let figures = Figures {
        members: args.guests,
        pictures,
        arrived: u32::try_from(latencies.len())?,
        expected,
        p50_ms: at(50),
        p99_ms: at(99),
        last_ms: at(100),
        joined_ms,
        box_bytes,
        memory_bytes: peak_memory_bytes(),
    };
    out.show(&figures, text)?;
    if args.stay {
        out.hint("The screen goes on until Ctrl-C.");
        told_to_end().await;
    }
    gateway.shutdown().await;
    drop(everyone);
    for engine in members.into_iter().chain([host]) {
        engine.shutdown().await;
    }
    Ok(figures)
}

async fn engine(data_dir: &Path) -> Result<Engine, ApiError> {
    let mut config = EngineConfig::new(data_dir.to_owned());
    // Members of a rehearsal find each other by the invite alone: nobody else is to see them.
    config.mdns = false;
    config.loopback = true;
    Engine::start(config).await
}

async fn join(folder: &Path, link: &str, count: u32) -> Result<Vec<Engine>> {
    let mut members = Vec::new();
    for number in 0..count as usize {
        let member = engine(&folder.join(format!("member-{number}"))).await?;
        let name = match number / NAMES.len() {
            0 => NAMES[number].to_owned(),
            round => format!("{} {}", NAMES[number % NAMES.len()], round + 1),
        };
        let colour = u8::try_from(number % 12)?;
        member.ask(Caller::Owner, ProfileSet { name, colour }).await?;
        member.ask(Caller::Owner, GroupJoin { link: link.to_owned(), address: None }).await?;
        members.push(member);
    }
    Ok(members)
}

/// Every member posts, all at once. Answers how long each picture took to each other device, sorted, and how many were to come.
async fn post(
    folder: &Path,
    group: &str,
    members: &[Engine],
    everyone: &[Engine],
    photos: u32,
) -> Result<(Vec<u64>, u32)> {
    let (arrivals, mut arrived) = mpsc::channel(ARRIVALS);
    let mut watching = JoinSet::new();
    for (place, engine) in everyone.iter().enumerate() {
        watching.spawn(watch(engine.clone(), group.to_owned(), place, arrivals.clone()));
    }
    drop(arrivals);
    let sent = Arc::new(std::sync::Mutex::new(BTreeMap::new()));
    let mut posting = JoinSet::new();
    for (number, member) in members.iter().enumerate() {
        let (member, group, folder, sent) = (member.clone(), group.to_owned(), folder.to_owned(), sent.clone());
        posting.spawn(async move {
            for photo in 0..photos {
                let serial = u32::try_from(number)? * photos + photo;
                let path = folder.join(format!("{serial}.jpg"));
                tokio::fs::write(&path, rehearsal_picture(serial).await?).await?;
                let file =
                    CaptureFile { path: path.clone(), name: format!("rehearsal-{serial}.jpg"), modified_at_ms: None };
                let start = Instant::now();
                let receipt = member.post(Caller::Owner, &group, vec![file], |_| ()).await?;
                if let Some(failure) = receipt.failures.first() {
                    bail!("a picture could not be posted: {}", failure.error);
                }
                sent.lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .extend(receipt.moments.into_iter().map(|moment| (moment, (number, start))));
                tokio::fs::remove_file(&path).await?;
            }
            anyhow::Ok(())
        });
    }
    let expected = u32::try_from(members.len() * photos as usize * (everyone.len() - 1))?;
    let mut at: BTreeMap<(String, usize), Instant> = BTreeMap::new();
    let all = u32::try_from(members.len() * photos as usize * everyone.len())?;
    while at.len() < all as usize {
        tokio::select! {
            Some(posted) = posting.join_next() => posted??,
            one = tokio::time::timeout(PATIENCE, arrived.recv()) => match one {
                Ok(Some((moment, place, when))) => {
                    at.entry((moment, place)).or_insert(when);
                }
                Ok(None) | Err(_) => break,
            },
        }
    }
    watching.abort_all();
    let sent = sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut latencies: Vec<u64> = at
        .iter()
        .filter_map(|((moment, place), when)| {
            let (author, start) = sent.get(moment)?;
            (author != place).then(|| millis(when.duration_since(*start)))
        })
        .collect();
    latencies.sort_unstable();
    Ok((latencies, expected))
}

/// Tells of each moment when its preview is on this device.
async fn watch(engine: Engine, group: String, place: usize, tell: mpsc::Sender<(String, usize, Instant)>) {
    let mut events = engine.events();
    loop {
        let ids = match events.recv().await {
            Ok(Event::TimelineChanged { group: of, added, changed, .. }) if of == group => [added, changed].concat(),
            Ok(_) => continue,
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => everything(&engine, &group).await,
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        };
        let now = Instant::now();
        for moment in ids {
            let get = MomentGet { group: group.clone(), moment: moment.clone() };
            let is_here = engine.ask(Caller::Owner, get).await.is_ok_and(|view| view.grid == Held::Complete);
            if is_here && tell.send((moment, place, now)).await.is_err() {
                return;
            }
        }
    }
}

async fn everything(engine: &Engine, group: &str) -> Vec<String> {
    let query = glow_api::TimelineQuery { group: group.to_owned(), limit: 500, ..glow_api::TimelineQuery::default() };
    let page = engine.ask(Caller::Owner, query).await;
    page.map(|page| page.moments.into_iter().map(|moment| moment.id).collect()).unwrap_or_default()
}

/// The most memory that this process has taken.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1_024)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn text(figures: &Figures) -> String {
    let memory =
        figures.memory_bytes.map_or_else(String::new, |bytes| format!(" Memory, all together: {}.", size(bytes)));
    format!(
        "{} members joined in {} ms and posted {} pictures; {} of {} arrived on the other devices.\n\
         From the file to its preview elsewhere: half within {} ms, 99 of 100 within {} ms, the last after {} ms.\n\
         The box held {} at the end.{memory} The rehearsal's group is gone.",
        figures.members,
        figures.joined_ms,
        figures.pictures,
        figures.arrived,
        figures.expected,
        figures.p50_ms,
        figures.p99_ms,
        figures.last_ms,
        size(figures.box_bytes)
    )
}
