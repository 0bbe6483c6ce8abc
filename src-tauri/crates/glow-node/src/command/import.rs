//! `import`.

use std::sync::Arc;

use anyhow::{Result, bail};
use glow_api::{ApiError, ErrorCode, ImportReceipt, ImportSurvey};

use super::group;
use crate::cli::Import;
use crate::node::{Node, absolute};
use crate::output::{Output, count, size};

pub(super) async fn import(node: &mut Node, out: Output, args: Import) -> Result<()> {
    let group = group(node, args.to.group.as_deref()).await?;
    let dir = absolute(&args.dir)?;
    let survey = node.survey(dir.clone()).await?;
    if survey.files == 0 {
        bail!(ApiError::new(ErrorCode::Unreadable, format!("There are no photos or clips in {}.", dir.display())));
    }
    if !args.yes && !agreed(&format!("{} Add them to {}? [y/N] ", found(&survey), group.title))? {
        let message = format!("{} Nothing was added. Say --yes to add them without being asked.", found(&survey));
        bail!(ApiError::new(ErrorCode::BadRequest, message));
    }
    let bar = Arc::new(out.bar());
    let receipt = node.import(&group.id, dir, bar.steps()).await?;
    drop(bar);
    out.show(&receipt, text)?;
    for failure in &receipt.failures {
        out.hint(&format!("{}: {}", failure.name, failure.error.message));
    }
    if receipt.failed > 0 {
        bail!("{} could not be added.", count(receipt.failed as usize, "file"));
    }
    Ok(())
}

fn found(survey: &ImportSurvey) -> String {
    let of = survey.album.as_ref().map(|title| format!(" of the album \"{title}\"")).unwrap_or_default();
    let files = count(survey.files as usize, "photo or clip").replace("photo or clips", "photos and clips");
    format!("{files}{of}, {}, in {}.", size(survey.bytes), count(survey.folders as usize, "folder"))
}

fn text(receipt: &ImportReceipt) -> String {
    let mut text = format!("{} added", count(receipt.added as usize, "moment"));
    if receipt.already_there > 0 {
        text += &format!(", {} already there", receipt.already_there);
    }
    if receipt.captions > 0 {
        text += &format!(", {} with their captions", receipt.captions);
    }
    text + "."
}

/// Asks a person; who is none agrees by an option.
fn agreed(question: &str) -> Result<bool> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        return Ok(false);
    }
    terminal.write_str(question)?;
    Ok(matches!(terminal.read_line()?.trim(), "y" | "Y" | "yes"))
}
