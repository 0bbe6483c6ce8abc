//! The doors of this device: a listener for each that the engine says is open.

use glow_engine::{Engine, OpenDoor};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::door::{self, Listening};
use crate::page::UiFiles;

/// Listens for every open door of an engine's groups, until it is shut down or dropped.
#[derive(Debug)]
pub struct GuestDoors {
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl GuestDoors {
    /// Begins to watch which doors are open. Nothing listens while none is.
    #[must_use]
    pub fn start(engine: Engine, ui: UiFiles) -> Self {
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (token, serving) = (closing.clone(), tasks.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = watch(engine, ui, serving) => {}
            }
        });
        Self { closing, tasks }
    }

    /// Closes every door, lets running requests end, and lets go of the engine.
    pub async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for GuestDoors {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

async fn watch(engine: Engine, ui: UiFiles, tasks: TaskTracker) {
    let mut doors = engine.doors();
    let mut open: Vec<(OpenDoor, Listening)> = Vec::new();
    loop {
        let wanted = doors.borrow_and_update().clone();
        open.retain(|(door, listening)| wanted.iter().any(|other| is_same(door, listening, other)));
        for door in wanted {
            if open.iter().any(|(known, listening)| is_same(known, listening, &door)) {
                continue;
            }
            match door::listen(&engine, &door, &ui, &tasks) {
                Ok(listening) => {
                    let port = listening.port;
                    tracing::info!(port, "a door is open for guests");
                    let group = door.group.clone();
                    open.push((door, listening));
                    engine.door_listens(&group, Ok(port)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a door cannot be opened");
                    engine.door_listens(&door.group, Err(error.to_string())).await;
                }
            }
        }
        if doors.changed().await.is_err() {
            return;
        }
    }
}

/// Whether a door that listens is the one that is wanted.
fn is_same(door: &OpenDoor, listening: &Listening, wanted: &OpenDoor) -> bool {
    door.group == wanted.group
        && door.secret() == wanted.secret()
        && wanted.port.is_none_or(|port| port == listening.port)
}
