//! Simulated members: an engine each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use glow_api::{ApiError, Caller, Event, GroupJoin, Held, MomentGet, ProfileSet, TimelineQuery};
use glow_engine::{CaptureFile, Engine, EngineConfig};
use tokio::sync::broadcast::error::RecvError;

use super::{Arrivals, Pictures, name, picture_path};

/// An engine of somebody who is simulated.
pub(super) async fn engine(data_dir: &Path) -> Result<Engine, ApiError> {
    let mut config = EngineConfig::new(data_dir.to_owned());
    // Members of a rehearsal find each other by the invite alone: nobody else is to see them.
    config.mdns = false;
    config.loopback = true;
    Engine::start(config).await
}

/// Lets so many join.
pub(super) async fn join(folder: &Path, link: &str, count: u32) -> Result<Vec<Engine>> {
    let mut members = Vec::new();
    for number in 0..count as usize {
        let member = engine(&folder.join(format!("member-{number}"))).await?;
        let colour = u8::try_from(number % 12)?;
        member.ask(Caller::Owner, ProfileSet { name: name(number), colour }).await?;
        member.ask(Caller::Owner, GroupJoin { link: link.to_owned(), address: None }).await?;
        members.push(member);
    }
    Ok(members)
}

/// Posts the pictures of one member, one after the other.
pub(super) async fn post(
    member: Engine,
    group: String,
    folder: PathBuf,
    (place, pictures): (usize, Pictures),
    arrivals: Arc<Arrivals>,
) -> Result<()> {
    for serial in pictures.serials() {
        let path = picture_path(&folder, serial);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let began = Instant::now();
        let file = CaptureFile { path, name, modified_at_ms: None };
        let receipt = member.post(Caller::Owner, &group, vec![file], |_| ()).await?;
        if let Some(failure) = receipt.failures.first() {
            bail!("a picture could not be posted: {}", failure.error);
        }
        for moment in receipt.moments {
            arrivals.posted(moment, place, began);
        }
    }
    Ok(())
}

/// Notes each moment when its preview is on a device.
pub(super) async fn watch(engine: Engine, group: String, place: usize, arrivals: Arc<Arrivals>) {
    let mut events = engine.events();
    loop {
        let ids = match events.recv().await {
            Ok(Event::TimelineChanged { group: of, added, changed, .. }) if of == group => [added, changed].concat(),
            Ok(_) => continue,
            Err(RecvError::Lagged(_)) => everything(&engine, &group).await,
            Err(RecvError::Closed) => return,
        };
        for moment in ids {
            let get = MomentGet { group: group.clone(), moment: moment.clone() };
            let is_here = engine.ask(Caller::Owner, get).await.is_ok_and(|view| view.grid == Held::Complete);
            if is_here {
                arrivals.seen(moment, place);
            }
        }
    }
}

async fn everything(engine: &Engine, group: &str) -> Vec<String> {
    let query = TimelineQuery { group: group.to_owned(), limit: 500, ..TimelineQuery::default() };
    let page = engine.ask(Caller::Owner, query).await;
    page.map(|page| page.moments.into_iter().map(|moment| moment.id).collect()).unwrap_or_default()
}
