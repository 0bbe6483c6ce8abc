//! What helps to find a fault, made so that it can be given away: the owner reads it first.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use glow_api::{DiagnosticsPart, DiagnosticsView};

use crate::{
    engine::Engine,
    error::{ApiResult, blocking},
    group::Group,
    scrub::scrub,
};

/// Days of log that are told.
const LOGS: usize = 3;
/// The end of each, in bytes.
const LOG_BYTES: u64 = 256 * 1024;

pub(super) async fn get(engine: &Engine) -> ApiResult<DiagnosticsView> {
    let mut names = names(engine).await?;
    names.dedup();
    let groups = engine.groups();
    let folder = engine.inner.directory.logs();
    let tools = &engine.inner.tools;
    let about = format!(
        "Afterglow {}\n{} {}\nclips get a picture by: {}\nHEIC gets a picture by: {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        found(&[("ffmpeg", tools.ffmpeg.is_some()), ("gst-launch", tools.gst_launch.is_some())]),
        found(&[("heif-convert", tools.heif_convert.is_some()), ("vipsthumbnail", tools.vipsthumbnail.is_some())]),
    );
    blocking(move || {
        let mut parts = vec![part("about.txt", about), part("groups.txt", told(&groups))];
        let home = std::env::var("HOME").ok();
        for path in newest(&folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match tail(&path) {
                Ok(text) => parts.push(DiagnosticsPart { name, text: scrub(&text, &names, home.as_deref()) }),
                Err(error) => parts.push(DiagnosticsPart { name, text: format!("cannot be read: {error}") }),
            }
        }
        ApiResult::Ok(DiagnosticsView { parts })
    })
    .await
}

fn part(name: &str, text: String) -> DiagnosticsPart {
    DiagnosticsPart { name: name.to_owned(), text }
}

fn found(tools: &[(&str, bool)]) -> String {
    let found: Vec<_> = tools.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect();
    if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
}

/// Everything that people have called themselves and their groups.
async fn names(engine: &Engine) -> ApiResult<Vec<String>> {
    let mut names: Vec<String> = engine.profile().await?.into_iter().map(|profile| profile.name).collect();
    for group in engine.groups() {
        let membership = group.membership();
        names.extend(membership.genesis().map(|genesis| genesis.title.clone()));
        names.extend(membership.members().values().filter_map(|member| Some(member.profile.as_ref()?.name.clone())));
    }
    names.sort();
    Ok(names)
}

/// Groups by number: what they are called is theirs.
fn told(groups: &[std::sync::Arc<Group>]) -> String {
    let mut text = format!("{} groups\n", groups.len());
    for (number, group) in groups.iter().enumerate() {
        let usage = group.blobs.usage();
        text += &format!(
            "group {}: {}, {} members, {} connected, listening at {}, {} bytes here and {} on their way\n",
            number + 1,
            if group.is_ended() { "ended" } else { "active" },
            group.membership().members().len(),
            group.links().len(),
            group.addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            usage.bytes,
            usage.partial_bytes,
        );
    }
    text
}

/// The newest logs; their names hold the day.
fn newest(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    logs.sort();
    logs.reverse();
    logs.truncate(LOGS);
    logs
}

/// The end of a log, from the beginning of a line on.
fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(LOG_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(if from == 0 { text.into_owned() } else { text.split_once('\n').map_or("", |(_, rest)| rest).to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_end_of_the_newest_logs_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=5 {
            std::fs::write(folder.path().join(format!("app.2026-11-0{day}.log")), "line\n").unwrap();
        }
        std::fs::write(folder.path().join("secrets"), "x").unwrap();
        let names: Vec<_> = newest(folder.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["app.2026-11-05.log", "app.2026-11-04.log", "app.2026-11-03.log"]);
        let long = folder.path().join("long.log");
        std::fs::write(&long, "0123456789\n".repeat(100_000)).unwrap();
        let text = tail(&long).unwrap();
        assert!(text.len() as u64 <= LOG_BYTES && text.starts_with("0123456789\n"), "whole lines, {}", text.len());
        assert!(newest(Path::new("/nowhere")).is_empty(), "a host without logs");
    }
}
