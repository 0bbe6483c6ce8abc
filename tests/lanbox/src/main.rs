//! The `lanbox` command: an emulated LAN for the shell, the bubble that tests run in, and probes.
#![forbid(unsafe_code)]

mod args;
mod probe;

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Weak};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use lanbox::{Change, Lan, bubble};
use serde::Deserialize;
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::args::Network;
use crate::probe::Probe;

/// A seeded LAN or Wi-Fi channel in user space, between network namespaces.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a LAN and keep it until SIGINT or SIGTERM.
    ///
    /// Prints one line of JSON with each host's namespace and address. Each line of JSON on
    /// standard input is answered by one: {"do":"stats"}, {"do":"loss","host":1,"loss":0.05},
    /// {"do":"partition","sets":[[0,1],[2]]}, {"do":"heal"}, {"do":"link","host":1,"up":false},
    /// {"do":"isolate","on":true}, {"do":"block_multicast","on":true}, {"do":"block_udp","on":true}.
    /// The last line printed is the statistics.
    Up(Network),
    /// Run a command in a bubble: own networks, process ids and namespace names; nothing remains.
    Run {
        /// The command and its arguments.
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// The first process of a bubble; started by `run`.
    #[command(hide = true)]
    Bubble {
        /// The command and its arguments.
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Measure what TCP carries from host 0 to host 1, and print it beside the statistics.
    Bench {
        /// How long to send.
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
        #[command(flatten)]
        network: Network,
    },
    /// Small traffic sources and sinks, run inside a namespace.
    #[command(subcommand)]
    Probe(Probe),
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().verb {
        Verb::Up(network) => up(network)?,
        Verb::Run { command } => {
            let program = std::env::current_exe()?;
            let code = bubble::enter(program.as_os_str(), &command).context("cannot run setpriv")?;
            return Ok(ExitCode::from(code));
        }
        Verb::Bubble { command } => return Ok(ExitCode::from(bubble::serve(&command)?)),
        Verb::Bench { seconds, network } => bench(seconds, network)?,
        Verb::Probe(probe) => probe.run()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn up(network: Network) -> Result<()> {
    // Registered first: a signal from here on ends the LAN in order.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let lan = Arc::new(network.builder().start()?);
    let host = |host| -> Result<_> {
        let name = lan.namespace(host)?.name();
        Ok(json!({ "namespace": name, "address": lan.address(host) }))
    };
    let hosts = (0..lan.hosts()).map(host).collect::<Result<Vec<_>>>()?;
    print_line(&json!({ "hosts": hosts, "tcp": lan.congestion_control()? }))?;
    let watched = Arc::downgrade(&lan);
    std::thread::spawn(move || answer_lines(&watched));
    signals.forever().next();
    // Whoever made the network may be gone and read nothing any more.
    let _ = print_line(&serde_json::to_value(lan.stats()?)?);
    Ok(())
}

/// One line of standard input.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Ask(Ask),
    Change(Change),
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Ask {
    Stats,
}

fn answer_lines(lan: &Weak<Lan>) {
    for line in std::io::stdin().lock().lines() {
        let (Ok(line), Some(lan)) = (line, lan.upgrade()) else {
            return;
        };
        let answer = answer(&lan, &line).unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        drop(lan);
        if print_line(&answer).is_err() {
            return;
        }
    }
}

fn answer(lan: &Lan, line: &str) -> Result<serde_json::Value> {
    match serde_json::from_str(line).context("not a known order")? {
        Line::Ask(Ask::Stats) => Ok(serde_json::to_value(lan.stats()?)?),
        Line::Change(change) => {
            lan.apply(change)?;
            Ok(json!({ "ok": true }))
        }
    }
}

fn bench(seconds: f64, network: Network) -> Result<()> {
    let lan = network.builder().start()?;
    let program = std::env::current_exe()?;
    let target = format!("{}:7000", lan.address(1));
    let mut sink = lan.command(1, &program).args(["probe", "sink", &target]).stdout(Stdio::piped()).spawn()?;
    let mut lines = std::io::BufReader::new(sink.stdout.take().context("no output")?).lines();
    lines.next().context("the sink is not ready")??;
    let mut source: Command = lan.command(0, &program);
    source.args(["probe", "source", &target, "--seconds", &seconds.to_string()]);
    anyhow::ensure!(source.stdout(Stdio::null()).status()?.success(), "the source failed");
    let received: serde_json::Value = serde_json::from_str(&lines.next().context("no result")??)?;
    sink.wait()?;
    print_line(&json!({ "tcp": lan.congestion_control()?, "received": received, "stats": lan.stats()? }))
}

fn print_line(value: &serde_json::Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
