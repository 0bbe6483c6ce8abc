//! `export`: into a folder, a ZIP, a web album, or an Immich server; and the verification of what was exported.

use std::env::VarError;
use std::sync::Arc;

use anyhow::{Result, bail};
use glow_api::{ApiError, ErrorCode, ExportFormat, ExportReceipt};

use super::group;
use crate::cli::{Export, FormatArg};
use crate::node::{Node, absolute};
use crate::output::{Bar, Output, count, size};

/// Where the key of an Immich server may stand. It never stands among the arguments, which any program can read.
const KEY: &str = "AFTERGLOW_IMMICH_KEY";

pub(super) async fn export(node: &mut Node, out: Output, args: Export) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let bar = Arc::new(out.bar());
    let (exported, place) = match (&args.immich, &args.path) {
        (Some(url), _) => {
            let key = immich_key()?;
            (node.export_to_immich(&group, url.clone(), key, bar.steps()).await?, url.clone())
        }
        (None, Some(path)) => {
            let path = absolute(path)?;
            let format = match args.format {
                FormatArg::Tree => ExportFormat::Tree,
                FormatArg::Zip => ExportFormat::Zip,
                FormatArg::Web => ExportFormat::Web,
            };
            let place = path.display().to_string();
            (node.export(&group, format, path, bar.steps()).await?, place)
        }
        (None, None) => bail!(ApiError::new(ErrorCode::BadRequest, "Say where to: a folder, a file, or --immich URL.")),
    };
    drop(bar);
    out.show(&exported, |exported| text(exported, &place))?;
    Ok(())
}

fn text(exported: &ExportReceipt, place: &str) -> String {
    let mut text =
        format!("{} ({}) written to {place}", count(exported.written as usize, "file"), size(exported.bytes));
    if exported.skipped > 0 {
        text += &format!(", {} there already", exported.skipped);
    }
    if exported.missing > 0 {
        text += &format!(
            ", {} not on this device yet, a preview in place of {}",
            count(exported.missing as usize, "original"),
            exported.previews_only
        );
    }
    format!("{text}.\nAlbum fingerprint {} ({})", exported.words, exported.fingerprint)
}

/// Reads every file of an exported album and compares it with its manifest. It needs no group and no node.
pub(super) async fn verify(out: Output, folder: &std::path::Path) -> Result<()> {
    let bar: Bar = out.bar();
    bar.waiting("Reading");
    let verified = glow_engine::verify_export(absolute(folder)?).await?;
    drop(bar);
    out.show(&verified, |verified| {
        let lines = verified.missing.iter().map(|file| format!("\n  missing: {file}"));
        let lines: String = lines.chain(verified.different.iter().map(|file| format!("\n  differs: {file}"))).collect();
        let verdict = if verified.ok { "all as they were exported" } else { "not all as they were exported" };
        let print = &verified.fingerprint;
        format!(
            "{}, {verdict}{lines}\nAlbum fingerprint {} ({})",
            count(verified.files as usize, "file"),
            print.words,
            print.fingerprint
        )
    })?;
    if !verified.ok {
        bail!("Files are missing or differ. `afterglow export` into the same folder writes what is missing.");
    }
    Ok(())
}

/// The key from the environment, or asked for without showing it.
fn immich_key() -> Result<String> {
    match std::env::var(KEY) {
        Ok(key) => return Ok(key),
        Err(VarError::NotUnicode(_)) => bail!(ApiError::new(ErrorCode::BadRequest, format!("{KEY} is no text."))),
        Err(VarError::NotPresent) => {}
    }
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        let message = format!("Put the API key of the Immich server into {KEY}.");
        bail!(ApiError::new(ErrorCode::BadRequest, message));
    }
    terminal.write_str("API key of the Immich server: ")?;
    Ok(terminal.read_secure_line()?)
}
