//! A thread of its own for work that takes and frees large buffers again and again.
//!
//! On the blocking pool such work wanders over threads, and the system's allocator keeps what was freed apart for each of them:
//! a recording of one gigabyte kept six times the memory that it used.

use std::{sync::mpsc, thread};

use tokio::sync::oneshot;

use crate::{
    error::{ApiResult, IntoApi},
    group::shutting_down,
};

type Job = Box<dyn FnOnce() + Send>;

/// One thread, which ends when it is dropped. Whoever asks waits, so nothing piles up.
#[derive(Debug)]
pub(crate) struct Desk(mpsc::SyncSender<Job>);

impl Desk {
    /// Starts the thread.
    pub(crate) fn open(name: &str) -> ApiResult<Self> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(1);
        let work = move || queue.into_iter().for_each(|job| job());
        thread::Builder::new().name(name.to_owned()).spawn(work).map_err(IntoApi::into_api)?;
        Ok(Self(jobs))
    }

    /// Does one piece of work and waits for it.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
        let (done, result) = oneshot::channel();
        // Whoever waits for the result may be gone.
        let job: Job = Box::new(move || drop(done.send(work())));
        self.0.try_send(job).map_err(|_| shutting_down())?;
        result.await.map_err(|_| shutting_down())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_work_is_done_on_the_one_thread() {
        let desk = Desk::open("desk").unwrap();
        let first = desk.run(|| thread::current().id()).await.unwrap();
        for _ in 0..10 {
            assert_eq!(desk.run(|| thread::current().id()).await.unwrap(), first);
        }
        assert_ne!(first, thread::current().id());
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_for_who_asked() {
        let desk = Desk::open("desk").unwrap();
        assert!(desk.run(|| panic!("on purpose")).await.map(|(): ()| ()).is_err());
        assert!(desk.run(|| ()).await.is_err(), "and the thread is gone");
    }
}
