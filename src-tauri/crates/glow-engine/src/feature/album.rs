//! The album as a whole: its fingerprint, and what a bundle or an export of it would come to.

use std::sync::Arc;

use glow_api::{AlbumGet, AlbumShare, AlbumView, Caller, Event, ImmichStart, JobGet, JobPage, JobStop, ShareView};
use glow_store::TimelineQuery;

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    home::{self, ImmichServer, Job},
};

const PAGE: usize = 1_000;

pub(super) async fn get(engine: &Engine, get: AlbumGet) -> ApiResult<AlbumView> {
    let group = engine.group(&get.group)?;
    blocking(move || album(&group)).await
}

pub(super) async fn share(engine: &Engine, asked: AlbumShare) -> ApiResult<ShareView> {
    let group = engine.group(&asked.group)?;
    blocking(move || home::plan(&group, &asked.wish)).await
}

pub(super) async fn job(engine: &Engine, get: JobGet) -> ApiResult<JobPage> {
    let group = engine.group(&get.group)?;
    Ok(JobPage { job: engine.inner.jobs.view(group.id) })
}

pub(super) async fn stop(engine: &Engine, stop: JobStop) -> ApiResult<JobPage> {
    let group = engine.group(&stop.group)?;
    engine.inner.jobs.stop(group.id);
    engine.inner.bus.send(Event::AlbumJob { group: stop.group });
    Ok(JobPage::default())
}

pub(super) async fn immich(engine: &Engine, start: ImmichStart) -> ApiResult<JobPage> {
    let to = ImmichServer { url: start.url, key: start.key.into() };
    Ok(JobPage { job: Some(engine.start_job(Caller::Owner, &start.group, Job::Immich(to))?) })
}

fn album(group: &Arc<Group>) -> ApiResult<AlbumView> {
    let fingerprint = home::fingerprint(&group.store)?;
    let mut view =
        AlbumView { fingerprint, moments: 0, originals: 0, original_bytes: 0, previews_only: 0, nothing_here: 0 };
    let mut query = TimelineQuery { limit: PAGE, ..TimelineQuery::default() };
    loop {
        let rows = group.store.timeline(&query).map_err(IntoApi::into_api)?;
        let Some(last) = rows.last() else { return Ok(view) };
        query.after = Some((last.sort_ms, last.id));
        for row in &rows {
            view.moments += 1;
            let whole = |part: &Option<glow_store::PartRow>| part.filter(|part| part.held_bytes == part.size_bytes);
            let parts = [whole(&row.original), whole(&row.motion)];
            // An own original that is held back is here, whatever is shared of it.
            if parts[0].is_some() || row.own {
                view.originals += 1;
            } else if whole(&row.screen).or(whole(&row.grid)).is_some() {
                view.previews_only += 1;
            } else {
                view.nothing_here += 1;
            }
            view.originals += u32::from(parts[1].is_some());
            view.original_bytes += parts.iter().flatten().map(|part| part.size_bytes).sum::<u64>();
        }
    }
}
