//! S1, S2, S3 and `hotspot`: ten photos of one member to eight others, beside the tools that people would use.
//!
//! `lanbox run -- bench-burst S1|S2|S3|hotspot [--runs N] [--previews] [--alone] [--json]`: each run has a LAN of its own, and
//! so has each peer. A time begins when the node is told of the files and ends when the last device has answered that it holds the
//! last original; it includes reading, blanking, sealing and previews, which the peers do not do. Peers send the same files:
//! `curl` from nginx by all at once, libtorrent with a seed that everybody knows, Syncthing on devices that are all connected,
//! uftp by multicast. A peer that is not installed is named. With `--alone` none is run; with `--previews` the receivers keep
//! previews only, which tells how much of the bytes is no original.
#![forbid(unsafe_code)]

mod peers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use glow_api::{GroupGet, Keep, StorageGet, StoragePolicy, StorageSet};
use lanbox::{Lan, LanBuilder};
use tests::control::Control;
use tests::figures::{Figures, option};
use tests::gathering::{Gathering, held};
use tests::media::{Sample, Studio};
use tests::poll;

use crate::peers::Peer;

const RECEIVERS: usize = 8;
/// Of them the one that has opened the channel, where one has.
const HOTSPOT: usize = 1;
const PHOTOS: u32 = 10;
/// A photo of this many megapixels weighs about 2 MiB.
const MEGAPIXELS: u32 = 8;
const RUNS: u64 = 5;
/// What a full TCP segment takes on the wire, for each byte that it carries.
const WIRE: f64 = 1538.0 / 1448.0;
const WITHIN: Duration = Duration::from_secs(240);
/// What settles after joining: pings, the gossip mesh.
const SETTLE: Duration = Duration::from_secs(6);

/// A network, and what it allows.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    /// Separate links: 20 Mbit/s up, 100 down, 2 ms.
    Separate,
    /// One Wi-Fi channel of 100 Mbit/s, multicast at 24; its access point is no member.
    Shared,
    /// Two such channels, and 20 Mbit/s between them.
    TwoCells,
    /// One such channel that a receiver has opened: what goes to or from it is on the air once.
    Hotspot,
}

impl Case {
    fn from_arguments() -> Result<Self> {
        let arguments = std::env::args().collect::<Vec<_>>();
        let known = [("S1", Self::Separate), ("S2", Self::Shared), ("S3", Self::TwoCells), ("hotspot", Self::Hotspot)];
        let found = known.into_iter().find(|(name, _)| arguments.iter().any(|argument| argument == name));
        found.map(|(_, case)| case).context("which case? S1, S2, S3 or hotspot")
    }

    /// The source is host 0.
    fn lan(self) -> LanBuilder {
        let hosts = Lan::builder().hosts(RECEIVERS + 1);
        match self {
            Self::Separate => hosts.rate_up_mbit(20.0).rate_down_mbit(100.0).delay_ms(2.0),
            Self::Shared => hosts.shared_mbit(100.0).multicast_mbit(24.0),
            Self::TwoCells => {
                hosts.shared_mbit(100.0).multicast_mbit(24.0).second_access_point(1 + RECEIVERS / 2, 20.0, 3.0)
            }
            Self::Hotspot => hosts.shared_mbit(100.0).multicast_mbit(24.0).access_point(HOTSPOT),
        }
    }

    /// Starts its network. A hotspot is the router of its stations, as they are told when they join it.
    pub(crate) fn start(self) -> Result<Lan> {
        let lan = self.lan().start()?;
        if matches!(self, Self::Hotspot) {
            lan.route_through(HOTSPOT)?;
        }
        Ok(lan)
    }

    /// The least time for so many bytes to every receiver by unicast, in seconds.
    fn bound_s(self, bytes: usize) -> f64 {
        let bits = bytes as f64 * 8.0 * WIRE;
        match self {
            Self::Separate => bits / 20e6,
            Self::Shared => bits * (2 * RECEIVERS) as f64 / 100e6,
            // Half the receivers take two turns in the source's cell; what goes to the others takes one.
            Self::TwoCells => bits * (RECEIVERS + 1) as f64 / 100e6,
            // One turn to the hotspot, one from it to each other.
            Self::Hotspot => bits * RECEIVERS as f64 / 100e6,
        }
    }

    /// What is promised, in bounds.
    fn goal(self) -> f64 {
        match self {
            Self::Separate => 1.4,
            Self::Shared | Self::Hotspot => 1.15,
            Self::TwoCells => 1.25,
        }
    }
}

/// What one run took.
struct Taken {
    all: Duration,
    first_preview: Duration,
    source_bytes: u64,
    backhaul_bytes: u64,
    /// Of these, what devices of one cell asked those of the other for: pieces with their proofs.
    asked_bytes: u64,
    air: Duration,
}

fn main() -> Result<()> {
    Lan::available().map_err(|reason| anyhow!("the emulated LAN {reason}"))?;
    let case = Case::from_arguments()?;
    let studio = Studio::open()?;
    let samples = (0..PHOTOS).map(|n| studio.photo_sized(3_000 + n, MEGAPIXELS)).collect::<Result<Vec<_>>>()?;
    let bytes = samples.iter().map(|sample| Ok(sample.bytes()?.len())).sum::<Result<usize>>()?;
    let figures = Figures::from_arguments();
    let runs = option("--runs").unwrap_or(RUNS);
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let part = if has("--previews") { "screen" } else { "original" };
    let taken = (0..runs).map(|_| run(case, &samples, part)).collect::<Result<Vec<_>>>()?;
    report(figures, case, bytes, &taken, part);
    if has("--alone") || has("--previews") {
        return Ok(());
    }
    for peer in Peer::ALL {
        let mut times = vec![];
        for _ in 0..runs {
            match peer.run(case, &samples) {
                Ok(time) => times.push(time.as_secs_f64()),
                Err(error) => eprintln!("{}: {error:#}", peer.name()),
            }
        }
        if !times.is_empty() {
            figures.print_peer(peer.name(), &times, "s", Some(("bound", case.bound_s(bytes))));
        }
    }
    Ok(())
}

/// One run, until every receiver holds this part of every photo.
fn run(case: Case, samples: &[Sample], part: &'static str) -> Result<Taken> {
    let lan = Arc::new(case.start()?);
    let folder = tempfile::tempdir()?;
    let gathering = Gathering::start(&lan, folder.path())?;
    if part != "original" {
        keep_previews_only(&gathering)?;
    }
    std::thread::sleep(SETTLE);
    let mut source = Control::connect(&gathering.nodes[0].data_dir())?;
    let files = samples.iter().map(|sample| sample.path.clone()).collect::<Vec<_>>();
    let before = lan.stats()?;
    let start = Instant::now();
    let (posted, seen) = std::thread::scope(|scope| {
        let watching = (1..gathering.nodes.len())
            .map(|host| {
                scope.spawn({
                    let gathering = &gathering;
                    move || watch(gathering, host, samples.len(), part)
                })
            })
            .collect::<Vec<_>>();
        let posted = source.post(&gathering.group, &files);
        let seen = watching.into_iter().map(|watch| watch.join().map_err(|_| anyhow!("a watcher panicked"))?);
        (posted, seen.collect::<Result<Vec<_>>>())
    });
    let receipt = posted?;
    ensure!(receipt["moments"].as_array().is_some_and(|moments| moments.len() == samples.len()), "{receipt}");
    let seen = seen?;
    let after = lan.stats()?;
    let last = |pick: fn(&(Instant, Instant)) -> Instant| seen.iter().map(pick).max().unwrap_or(start) - start;
    Ok(Taken {
        all: last(|(_, all)| *all),
        first_preview: last(|(first, _)| *first),
        source_bytes: after.hosts[0].sent_bytes - before.hosts[0].sent_bytes,
        backhaul_bytes: after.backhaul_bytes - before.backhaul_bytes,
        asked_bytes: asked_across(&gathering)?,
        air: Duration::from_nanos(after.airtime_ns - before.airtime_ns),
    })
}

fn keep_previews_only(gathering: &Gathering) -> Result<()> {
    for node in &gathering.nodes[1..] {
        let mut control = Control::connect(&node.data_dir())?;
        let group = gathering.group.clone();
        let view = control.call(StorageGet { group: group.clone() })?;
        let policy: StoragePolicy = serde_json::from_value(view["policy"].clone())?;
        control
            .call(StorageSet { group, policy: StoragePolicy { photos: Keep::Previews, carry_bytes: 0, ..policy } })?;
    }
    Ok(())
}

/// What devices of one cell got from devices of the other, by their own count: what somebody asked for, with its proofs.
fn asked_across(gathering: &Gathering) -> Result<u64> {
    let cell = |host: usize| host > RECEIVERS / 2;
    let mut controls = vec![];
    for node in &gathering.nodes {
        controls.push(Control::connect(&node.data_dir())?);
    }
    let mut cells = std::collections::BTreeMap::new();
    for (host, control) in controls.iter_mut().enumerate() {
        let view = control.call(GroupGet { group: gathering.group.clone() })?;
        cells.insert(view["me"].as_str().context("a device has an id")?.to_owned(), cell(host));
    }
    let mut bytes = 0;
    for (host, control) in controls.iter_mut().enumerate() {
        let view = control.call(StorageGet { group: gathering.group.clone() })?;
        let transfers = view["transfers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let crossed =
            transfers.iter().filter(|one| one["device"].as_str().and_then(|id| cells.get(id)) == Some(&!cell(host)));
        bytes += crossed.filter_map(|one| one["down_bytes"].as_u64()).sum::<u64>();
    }
    Ok(bytes)
}

/// When a device held its first grid preview, and when the last of another part.
fn watch(gathering: &Gathering, host: usize, count: usize, part: &'static str) -> Result<(Instant, Instant)> {
    let node = &gathering.nodes[host];
    let mut control = Control::connect(&node.data_dir())?;
    let mut first = None;
    poll::until_true(&format!("{} has every {part}", node.name), WITHIN, || {
        let page = gathering.page(&mut control, 2 * PHOTOS)?;
        if first.is_none() && held(&page, "grid").next().is_some() {
            first = Some(Instant::now());
        }
        Ok(held(&page, part).count() == count)
    })?;
    let all = Instant::now();
    let Some(first) = first else { bail!("{} shows no preview", node.name) };
    Ok((first, all))
}

fn report(figures: Figures, case: Case, bytes: usize, taken: &[Taken], part: &str) {
    let of = |part: fn(&Taken) -> f64| taken.iter().map(part).collect::<Vec<_>>();
    let bound_s = case.bound_s(bytes);
    let goal_s = (bound_s * case.goal() * 10.0).round() / 10.0;
    let megabytes = bytes as f64 / 1e6;
    let (bound, goal) = match part {
        "original" => (Some(("bound", bound_s)), Some(goal_s)),
        _ => (None, None),
    };
    figures.print_runs(&format!("every {part} on all"), &of(|taken| taken.all.as_secs_f64()), "s", goal, bound);
    let first = of(|taken| taken.first_preview.as_secs_f64());
    figures.print_runs("first preview on all", &first, "s", Some(0.5), None);
    match case {
        Case::Separate => {
            let copies = of(|taken| taken.source_bytes as f64 / 1e6).into_iter().map(|sent| sent / megabytes);
            figures.print_runs("the source sends", &copies.collect::<Vec<_>>(), "copies", Some(1.3), None);
        }
        Case::Shared | Case::Hotspot => {
            let air_s = of(|taken| taken.air.as_secs_f64());
            // Never more on the air than one copy to each would take.
            figures.print_runs("time on the air", &air_s, "s", Some(bound_s), Some(("one copy to each", bound_s)));
        }
        Case::TwoCells => {
            let crossed = of(|taken| taken.backhaul_bytes as f64 / 1e6);
            let once = bound.map(|_| ("one copy", megabytes * WIRE));
            let goal = goal.map(|_| 24.0 * megabytes / 20.97);
            figures.print_runs("over the backhaul", &crossed, "MB", goal, once);
            let asked = of(|taken| taken.asked_bytes as f64 / 1e6);
            figures.print_runs("of this, pieces that were asked for", &asked, "MB", None, None);
            let rest = of(|taken| (taken.backhaul_bytes as f64 - taken.asked_bytes as f64 * WIRE) / 1e6);
            let name = "of this, all else: gossip, previews sent along, holdings, acknowledgements";
            figures.print_runs(name, &rest, "MB", None, None);
        }
    }
}
