//! Where cargo builds to, as seen from a running test or benchmark.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The folder of this profile's programs, `target/debug` or `target/release`.
///
/// # Errors
/// The program does not run from a target directory.
pub fn profile_dir() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().context("a program stands in a folder")?;
    let is_below = folder.file_name().is_some_and(|name| name == "deps" || name == "examples");
    let folder = if is_below { folder.parent() } else { Some(folder) };
    Ok(folder.context("not inside a target directory")?.to_owned())
}

/// A program of the workspace, built with the same profile as the caller.
///
/// # Errors
/// It has not been built.
pub fn program(name: &str) -> Result<PathBuf> {
    let profile = profile_dir()?;
    let path = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let release = if profile.ends_with("release") { " --release" } else { "" };
    ensure!(path.is_file(), "{} is not there: build it by `cargo build --workspace --bins{release}`", path.display());
    Ok(path)
}

/// A folder below the target directory that outlives a run.
///
/// # Errors
/// It cannot be made.
pub fn cache(name: &str) -> Result<PathBuf> {
    let profile = profile_dir()?;
    let folder = profile.parent().unwrap_or(Path::new(".")).join("tmp").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
