//! The log: to standard error, on wish to a file as well, panics included.

use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::panic;
use std::path::Path;

use anyhow::{Context, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::cli::Global;

const KEPT_FILES: usize = 7;

/// Starts logging. What is in the file is complete once the returned guard is dropped.
pub(crate) fn start(global: &Global) -> Result<Option<WorkerGuard>> {
    let default = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,afterglow=info,glow_node=info,glow_engine=info,glow_gateway=info,glow_net=info",
        (false, 2) => "info,glow_node=debug,glow_engine=debug,glow_gateway=debug,glow_net=debug,glow_sync=debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let (file, guard) = match &global.log_file {
        Some(path) => {
            let (writer, guard) = tracing_appender::non_blocking(rolling(path)?);
            (Some(fmt::layer().with_ansi(false).with_writer(writer)), Some(guard))
        }
        None => (None, None),
    };
    let terminal = fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr);
    tracing_subscriber::registry().with(filter).with(terminal).with(file).try_init()?;
    log_panics();
    Ok(guard)
}

fn rolling(path: &Path) -> Result<RollingFileAppender> {
    let name = path.file_stem().and_then(OsStr::to_str).context("--log-file needs the name of a file")?;
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or("log");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .filename_suffix(ending)
        .max_log_files(KEPT_FILES)
        .build(folder)
        .with_context(|| format!("cannot write the log in {}", folder.display()))
}

fn log_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tracing::error!("panic: {info}");
        before(info);
    }));
}
