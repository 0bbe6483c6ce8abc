//! A watched folder: camera files that appear in it from now on go out after a delay in which they can be held back.
//!
//! What was there before is never touched unless its owner says so after its count was shown. A file goes out when it has not
//! changed for the delay and is whole; its folder is not searched below, and links in it are not followed. A recording in a container that is written from front
//! to back goes out while it is made, once it has grown for longer than the delay.
//!
//! ```text
//! folder   reads the directory, posts            (blocking pool)
//! looker   decides what becomes of each file     (given what was listed, and when)
//! kept     one folder a group, over restarts: until it is switched off or the group ends; elsewhere nothing goes out
//! ```

mod folder;
mod kept;
mod looker;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use glow_api::{ApiError, Caller, PostReceipt};
pub(crate) use kept::{Kept, Watches, forget, watched};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    engine::Engine,
    error::{ApiResult, blocking},
};
use folder::Folder;
use looker::Looker;

/// How long a file must rest at least: cameras write in pieces.
const REST: Duration = Duration::from_millis(500);
const EVENTS: usize = 64;

/// What became of a file in a watched folder.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// A new file: it goes out after the delay unless it is held back or goes away.
    Seen {
        /// Its name.
        name: String,
        /// When it goes out.
        delay: Duration,
    },
    /// It was held back, because this device is where the group is not.
    Held {
        /// Its name.
        name: String,
    },
    /// It was added.
    Posted {
        /// Its name.
        name: String,
        /// What became of it.
        receipt: PostReceipt,
    },
    /// It could not be added.
    Failed {
        /// Its name.
        name: String,
        /// Why.
        error: ApiError,
    },
    /// The folder itself cannot be read, or can again: a card is not in its reader.
    Missing {
        /// Whether it is away.
        is_missing: bool,
    },
}

/// A watched folder. Dropping it ends the watching.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<WatchEvent>,
    _stop: DropGuard,
}

impl Watch {
    /// The next event; nothing when the engine has ended.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        self.events.recv().await
    }
}

impl Engine {
    /// Watches a folder for a group, as long as the answer is kept.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::Unreadable`] when the folder cannot be read.
    pub async fn watch(&self, caller: Caller, group: &str, dir: PathBuf, delay: Duration) -> Result<Watch, ApiError> {
        crate::guest::require_owner(caller)?;
        let stop = CancellationToken::new();
        let ended = self.group(group)?.stop.clone();
        let (notes, notified) = mpsc::channel(1);
        let place = dir.clone();
        let (watcher, existing) = blocking(move || {
            let existing = folder::list(&place)?;
            ApiResult::Ok((folder::notify_of(&place, notes)?, existing))
        })
        .await?;
        let (events, receiver) = mpsc::channel(EVENTS);
        let delay = delay.max(REST);
        let folder = Folder {
            engine: Arc::downgrade(&self.inner),
            caller,
            group: group.to_owned(),
            dir,
            delay,
            looker: Arc::new(Mutex::new(Looker::new(delay, existing))),
            away: Box::new(|| false),
            events,
            ended: ended.clone(),
        };
        let token = stop.clone();
        tokio::spawn(async move {
            let _watcher = watcher;
            tokio::select! {
                () = token.cancelled() => {}
                () = ended.cancelled() => {}
                () = folder.run(notified) => {}
            }
        });
        Ok(Watch { events: receiver, _stop: stop.drop_guard() })
    }
}
