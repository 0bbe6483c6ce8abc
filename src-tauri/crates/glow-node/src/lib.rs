//! The `afterglow` command: a node without a window, for boxes, scripts and tests.
//!
//! Owns the command line, what it prints, its exit codes, the log, and the control socket by which commands reach a node
//! that runs already. Never decides anything about groups or moments: each command is one or a few requests to the engine.
//!
//! A data directory belongs to one process at a time. A command therefore first asks for a running node ([`control`]) and
//! starts the engine itself only when there is none; either way it says the same and ends with the same code ([`exit`]).
#![forbid(unsafe_code)]

mod cli;
mod command;
mod control;
mod exit;
mod handover;
mod log;
mod node;
mod output;
mod qr;
mod venue;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

/// Runs the command that the process was started with, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.global.json;
    let ended = log::start(&cli.global).and_then(|_log| {
        let runtime = Runtime::new()?;
        let ended = runtime.block_on(command::run(cli));
        runtime.shutdown_timeout(exit::LAST_WORDS);
        ended
    });
    exit::code(ended, json)
}
