//! A rehearsal: simulated members and guests post through a box of their own, so that the host sees on the screen that all works
//! before the event.
//!
//! Everything is real but the people: one engine a member, connected over loopback and joining by an invite; one session a guest,
//! through the door for browsers and sealed as a page seals it. They post pictures in a group and a folder that are gone
//! afterwards. What it cannot show is the Wi-Fi of the venue.

mod arrivals;
mod guests;
mod members;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use glow_api::{Caller, GroupCreate, GuestRights, ProfileSet, StorageGet};
use glow_engine::{Engine, rehearsal_picture};
use glow_gateway::{Gateway, GatewayConfig, GuestDoors, UiFiles};
use serde::Serialize;
use tokio::task::JoinSet;

use self::arrivals::Arrivals;
use super::doors::screen_url;
use super::{group, status};
use crate::cli::{Global, Rehearse};
use crate::command::told_to_end;
use crate::node::data_dir;
use crate::output::{Output, count, size};

const TITLE: &str = "Rehearsal";
/// Names of those who are simulated; later ones have a number, too.
const NAMES: [&str; 8] = ["Alma", "Bela", "Cleo", "Dario", "Edda", "Falk", "Gita", "Hugo"];

/// What a rehearsal came to.
#[derive(Debug, Serialize)]
struct Figures {
    members: u32,
    /// Guests in simulated browsers.
    guests: u32,
    /// Pictures that were posted.
    pictures: u32,
    /// Pictures that arrived with their preview, over all members, guests' pages and the box.
    arrived: u32,
    /// So many were to arrive.
    expected: u32,
    /// From the file to its preview on another device or page, in milliseconds: the half of them, nearly all, the last one.
    p50_ms: u64,
    p99_ms: u64,
    last_ms: u64,
    /// Until all originals had been sent and taken.
    posted_ms: u64,
    /// How long all of them took to join and to come in.
    joined_ms: u64,
    /// What the box holds when every picture is seen: originals of members may still be on their way.
    box_bytes: u64,
    /// The most memory that this program took, box, members and guests together; nothing where the system does not say.
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

/// The pictures that one of them posts, made beforehand.
struct Pictures {
    first: u32,
    count: u32,
}

impl Pictures {
    fn of(place: usize, count: u32) -> Result<Self> {
        Ok(Self { first: u32::try_from(place)? * count, count })
    }

    fn serials(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.count
    }
}

async fn play(folder: &Path, out: Output, args: &Rehearse) -> Result<Figures> {
    let bar = out.bar();
    bar.waiting("Setting up");
    let stage = Stage::set(folder, out, args).await?;

    bar.waiting("Everybody comes in");
    let began = Instant::now();
    let members = match &stage.host {
        Some((_, link)) => members::join(folder, link, args.members).await?,
        None => Vec::new(),
    };
    let guests = guests::enter(stage.door.as_deref(), args.guests).await?;
    let joined_ms = millis(began.elapsed());

    bar.waiting("Everybody posts");
    let everyone = members.len() + guests.len();
    draw(folder, u32::try_from(everyone)? * args.photos).await?;
    let arrivals = Arc::new(Arrivals::default());
    let mut watching = JoinSet::new();
    let host = stage.host.iter().map(|(engine, _)| engine);
    for (place, engine) in members.iter().chain(host).enumerate() {
        // The box stands behind everybody else.
        let place = if place < members.len() { place } else { everyone };
        watching.spawn(members::watch(engine.clone(), stage.group.clone(), place, arrivals.clone()));
    }
    for (place, guest) in (members.len()..).zip(&guests) {
        watching.spawn(guests::watch(guest.clone(), place, arrivals.clone()));
    }
    let began = Instant::now();
    let mut posting = JoinSet::new();
    for (place, member) in members.iter().enumerate() {
        let pictures = Pictures::of(place, args.photos)?;
        let (member, group, folder) = (member.clone(), stage.group.clone(), folder.to_owned());
        posting.spawn(members::post(member, group, folder, (place, pictures), arrivals.clone()));
    }
    for (place, guest) in (members.len()..).zip(&guests) {
        let pictures = Pictures::of(place, args.photos)?;
        posting.spawn(guests::post(guest.clone(), folder.to_owned(), (place, pictures), arrivals.clone()));
    }
    while let Some(posted) = posting.join_next().await {
        posted??;
    }
    let posted_ms = millis(began.elapsed());
    let pictures = everyone * args.photos as usize;
    let places = everyone + usize::from(stage.host.is_some());
    arrivals.all(pictures * places).await;
    watching.shutdown().await;
    drop(bar);

    let latencies = arrivals.latencies();
    let at = |part: usize| latencies.get((latencies.len().saturating_sub(1)) * part / 100).copied().unwrap_or(0);
    let figures = Figures {
        members: args.members,
        guests: args.guests,
        pictures: u32::try_from(pictures)?,
        arrived: u32::try_from(latencies.len())?,
        expected: u32::try_from(pictures * (places - 1))?,
        p50_ms: at(50),
        p99_ms: at(99),
        last_ms: at(100),
        posted_ms,
        joined_ms,
        box_bytes: stage.box_bytes().await?,
        memory_bytes: peak_memory_bytes(),
    };
    out.show(&figures, |figures| text(figures, stage.host.is_some()))?;
    if args.stay {
        out.hint("The screen goes on until Ctrl-C.");
        told_to_end().await;
    }
    drop(guests);
    stage.clear().await;
    for engine in members {
        engine.shutdown().await;
    }
    Ok(figures)
}

/// What is there before anybody comes.
struct Stage {
    /// The box and the link of its group; nothing when the guests come to a door elsewhere.
    host: Option<(Engine, String)>,
    group: String,
    /// The link of the door for guests.
    door: Option<String>,
    listening: Option<(Gateway, GuestDoors)>,
}

impl Stage {
    async fn set(folder: &Path, out: Output, args: &Rehearse) -> Result<Self> {
        if args.door.is_some() {
            return Ok(Self { host: None, group: String::new(), door: args.door.clone(), listening: None });
        }
        let host = members::engine(&folder.join("box")).await?;
        let doors = GuestDoors::start(host.clone(), UiFiles::Embedded);
        host.ask(Caller::Owner, ProfileSet { name: "Venue box".to_owned(), colour: 0 }).await?;
        let group = host.ask(Caller::Owner, GroupCreate { title: TITLE.to_owned(), ends_at_ms: None }).await?;
        let link = group::invite(&host, &group).await?.context("whoever starts a group may invite")?.link;
        let gateway =
            Gateway::start(host.clone(), GatewayConfig::default()).await.context("the page cannot be served")?;
        let door = if args.guests == 0 {
            None
        } else {
            group::let_guests_in(&host, &group, GuestRights { contribute: true, review: false }, 0).await?;
            let door = group::guests_door(&host, &group).await?.context("the door for guests does not listen")?;
            let screen = status::wall_url(&door).unwrap_or_default();
            out.hint(&format!("Take part with a phone in this network:\n\n  {door}\n\nBig screen:\n\n  {screen}\n"));
            Some(door)
        };
        if door.is_none() {
            out.hint(&format!(
                "The big screen of the rehearsal:\n\n  {}\n",
                screen_url(&gateway.page_url(), &group.id)
            ));
        }
        Ok(Self { host: Some((host, link)), group: group.id, door, listening: Some((gateway, doors)) })
    }

    async fn box_bytes(&self) -> Result<u64> {
        let Some((host, _)) = &self.host else { return Ok(0) };
        Ok(host.ask(Caller::Owner, StorageGet { group: self.group.clone() }).await?.used_bytes)
    }

    async fn clear(self) {
        if let Some((gateway, doors)) = self.listening {
            doors.shutdown().await;
            gateway.shutdown().await;
        }
        if let Some((host, _)) = self.host {
            host.shutdown().await;
        }
    }
}

/// Makes the pictures before anything is measured.
async fn draw(folder: &Path, count: u32) -> Result<()> {
    for serial in 0..count {
        tokio::fs::write(picture_path(folder, serial), rehearsal_picture(serial).await?).await?;
    }
    Ok(())
}

fn picture_path(folder: &Path, serial: u32) -> std::path::PathBuf {
    folder.join(format!("rehearsal-{serial}.jpg"))
}

/// A name for one of them.
fn name(number: usize) -> String {
    match number / NAMES.len() {
        0 => NAMES[number].to_owned(),
        round => format!("{} {}", NAMES[number % NAMES.len()], round + 1),
    }
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

/// What a person reads of it; `own` when the box was made for it.
fn text(figures: &Figures, own: bool) -> String {
    let verdict = match figures.expected.saturating_sub(figures.arrived) {
        0 => "Everything works: every picture came to every other device and page".to_owned(),
        missing => format!("Not everything works: {missing} arrivals are missing"),
    };
    let memory =
        figures.memory_bytes.map_or_else(String::new, |bytes| format!(" Memory, all together: {}.", size(bytes)));
    let end = if own {
        format!("The box held {} at the end.{memory} The rehearsal's group is gone.", size(figures.box_bytes))
    } else {
        format!("What was posted stays in the group of that door.{memory}")
    };
    format!(
        "{verdict} ({} of {}).\n\
         {} and {} came in within {} and posted {}.\n\
         From the file to its preview elsewhere: half within {}, 99 of 100 within {}, the last after {}.\n{end}",
        figures.arrived,
        figures.expected,
        count(figures.members as usize, "member"),
        count(figures.guests as usize, "guest"),
        seconds(figures.joined_ms),
        count(figures.pictures as usize, "picture"),
        seconds(figures.p50_ms),
        seconds(figures.p99_ms),
        seconds(figures.last_ms),
    )
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}
