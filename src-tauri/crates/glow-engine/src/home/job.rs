//! Work that takes long, one piece at a time a group: hosts start it, look at it and stop it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use glow_api::{ApiError, BundleWish, Caller, Event, ExportFormat, JobKind, JobReceipt, JobState, JobView};
use glow_model::GroupId;
use tokio_util::sync::CancellationToken;

use super::{HomeProgress, ImmichServer};
use crate::{
    engine::Engine,
    error::{ApiResult, bad_request},
};

/// How often hosts hear that it goes on.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// What to do.
#[derive(Debug)]
pub enum Job {
    /// Take the album home.
    Export {
        /// How.
        format: ExportFormat,
        /// Where to.
        path: PathBuf,
    },
    /// Upload it.
    Immich(ImmichServer),
    /// Pack a bundle.
    Bundle {
        /// What goes into it.
        wish: BundleWish,
        /// Where to.
        path: PathBuf,
    },
    /// Take in a folder.
    Import {
        /// Which.
        folder: PathBuf,
    },
}

/// The last job of each group.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<BTreeMap<GroupId, Running>>);

struct Running {
    view: JobView,
    stop: CancellationToken,
    told: Instant,
}

impl Jobs {
    fn all(&self) -> MutexGuard<'_, BTreeMap<GroupId, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job of a group: what runs, or how the last one ended.
    pub(crate) fn view(&self, group: GroupId) -> Option<JobView> {
        self.all().get(&group).map(|running| running.view.clone())
    }

    /// Stops what runs, or forgets how it ended.
    pub(crate) fn stop(&self, group: GroupId) {
        if let Some(running) = self.all().remove(&group) {
            running.stop.cancel();
        }
    }

    fn begin(&self, group: GroupId, kind: JobKind) -> ApiResult<CancellationToken> {
        let mut jobs = self.all();
        if jobs.get(&group).is_some_and(|running| running.view.state == JobState::Running) {
            return Err(bad_request("something is going on already: let it end, or stop it"));
        }
        let stop = CancellationToken::new();
        let view = JobView { kind, state: JobState::Running, done: 0, total: 0, bytes: 0, receipt: None, error: None };
        jobs.insert(group, Running { view, stop: stop.clone(), told: Instant::now() });
        Ok(stop)
    }

    /// Notes how far it is. Answers whether hosts should hear of it.
    fn progress(&self, group: GroupId, at: HomeProgress) -> bool {
        let mut jobs = self.all();
        let Some(running) = jobs.get_mut(&group) else { return false };
        (running.view.done, running.view.total, running.view.bytes) = (at.done, at.total, at.bytes);
        let is_due = running.told.elapsed() >= TELL_EVERY;
        if is_due {
            running.told = Instant::now();
        }
        is_due
    }

    fn end(&self, group: GroupId, result: ApiResult<JobReceipt>) {
        let mut jobs = self.all();
        // Whoever stopped it has forgotten it.
        let Some(running) = jobs.get_mut(&group) else { return };
        match result {
            Ok(receipt) => (running.view.state, running.view.receipt) = (JobState::Done, Some(receipt)),
            Err(error) => (running.view.state, running.view.error) = (JobState::Failed, Some(error)),
        }
    }
}

impl Engine {
    /// Starts a job and answers at once.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::UnknownGroup`]; [`glow_api::ErrorCode::BadRequest`] while another goes on.
    pub fn start_job(&self, caller: Caller, group: &str, job: Job) -> Result<JobView, ApiError> {
        let of = self.group(group)?;
        let kind = match &job {
            Job::Export { .. } => JobKind::Export,
            Job::Immich(_) => JobKind::Immich,
            Job::Bundle { .. } => JobKind::Bundle,
            Job::Import { .. } => JobKind::Import,
        };
        let stop = self.inner.jobs.begin(of.id, kind)?;
        let engine = self.clone();
        let tasks = of.tasks.clone();
        tasks.spawn(async move {
            let group = of.id.to_string();
            let result = tokio::select! {
                () = stop.cancelled() => return engine.tell_job(&group),
                () = of.stop.cancelled() => return,
                result = Box::pin(engine.run_job(caller, &group, job)) => result,
            };
            engine.inner.jobs.end(of.id, result);
            engine.tell_job(&group);
        });
        self.inner.jobs.view(self.group(group)?.id).ok_or_else(|| bad_request("it was stopped"))
    }

    async fn run_job(&self, caller: Caller, group: &str, job: Job) -> ApiResult<JobReceipt> {
        let (engine, of) = (self.clone(), self.group(group)?.id);
        let progress = move |at| {
            if engine.inner.jobs.progress(of, at) {
                engine.tell_job(&of.to_string());
            }
        };
        Ok(match job {
            Job::Export { format, path } => {
                JobReceipt::Export(self.export(caller, group, format, path, progress).await?)
            }
            Job::Immich(to) => JobReceipt::Export(self.export_to_immich(caller, group, to, progress).await?),
            Job::Bundle { wish, path } => JobReceipt::Bundle(self.bundle(caller, group, wish, path, progress).await?),
            Job::Import { folder } => JobReceipt::Import(self.import(caller, group, folder, progress).await?),
        })
    }

    fn tell_job(&self, group: &str) {
        self.inner.bus.send(Event::AlbumJob { group: group.to_owned() });
    }
}
