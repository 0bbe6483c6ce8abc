//! `store rebuild` and `store check`, while no node runs.

use std::fmt::Display;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::{Global, StoreCommand};
use crate::node;
use crate::output::Output;

pub(super) async fn store(global: &Global, out: Output, command: StoreCommand) -> Result<()> {
    let data_dir = node::data_dir(global)?;
    let bar = out.bar();
    match command {
        StoreCommand::Rebuild(of) => {
            bar.waiting("Rebuilding");
            let reports = glow_engine::rebuild(&data_dir, of.group.as_deref()).await?;
            drop(bar);
            show(out, &reports)
        }
        StoreCommand::Check(of) => {
            bar.waiting("Checking");
            let reports = glow_engine::check(&data_dir, of.group.as_deref()).await?;
            drop(bar);
            show(out, &reports)?;
            if reports.iter().any(|report| !report.ok) {
                bail!(
                    "Problems were found. `afterglow store rebuild` makes the tables anew; damaged files are fetched again from members."
                );
            }
            Ok(())
        }
    }
}

fn show<R: Serialize + Display>(out: Output, reports: &Vec<R>) -> Result<()> {
    out.show(reports, |reports| match reports.as_slice() {
        [] => "There is no group on this device.".to_owned(),
        reports => reports.iter().map(|report| format!("{report}\n")).collect(),
    })?;
    Ok(())
}
