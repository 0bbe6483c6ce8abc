//! The log: to standard error, and to a file a day in the data directory, panics included.

use std::io::{self, IsTerminal, stderr};
use std::path::Path;
use std::{fs, panic};

use anyhow::{Context, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

const FOLDER: &str = "logs";
const KEPT_FILES: usize = 7;
const DEFAULT: &str = "warn,afterglow=info,glow_engine=info,glow_gateway=info,glow_net=info";

/// Starts logging. What is in the file is complete once the returned guard is dropped.
pub(crate) fn start(data_dir: &Path) -> Result<WorkerGuard> {
    let folder = data_dir.join(FOLDER);
    make_private(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("app")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(&folder)
        .with_context(|| format!("cannot write the log in {}", folder.display()))?;
    let (file, guard) = tracing_appender::non_blocking(file);
    tracing_subscriber::registry()
        .with(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT)))
        .with(fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr))
        .with(fmt::layer().with_ansi(false).with_writer(file))
        .try_init()?;
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tracing::error!("panic: {info}");
        before(info);
    }));
    Ok(guard)
}

/// Makes a folder, and those above it, that only this user can read.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
