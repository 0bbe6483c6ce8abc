//! Where events go to hosts. Lossy by design: a slow listener is told that it lagged and asks again.

use glow_api::Event;
use glow_model::{GroupId, OperationId};
use glow_store::Changes;
use tokio::sync::broadcast;

const CAPACITY: usize = 256;

/// The sending side, cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Bus(broadcast::Sender<Event>);

impl Bus {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }

    /// Sends an event to whoever listens; nobody may.
    pub(crate) fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Tells what a transaction changed.
    pub(crate) fn changed(&self, group: GroupId, changes: &Changes) {
        let moments_differ = !(changes.added.is_empty() && changes.changed.is_empty() && changes.removed.is_empty());
        if moments_differ {
            self.send(Event::TimelineChanged {
                group: group.to_string(),
                added: texts(&changes.added),
                changed: texts(&changes.changed),
                removed: texts(&changes.removed),
            });
        }
        if changes.clocks {
            self.send(Event::ClocksChanged { group: group.to_string() });
        }
        if changes.members {
            self.send(Event::MembersChanged { group: group.to_string() });
        }
        if changes.guests {
            self.send(Event::GuestsChanged { group: group.to_string() });
        }
        if changes.invites {
            self.send(Event::InvitesChanged { group: group.to_string() });
        }
        if changes.members || !(changes.added.is_empty() && changes.removed.is_empty() && changes.moved.is_empty()) {
            self.send(Event::GroupsChanged);
        }
    }

    /// Tells that media of these moments arrived or went.
    pub(crate) fn media_changed(&self, group: GroupId, moments: &[OperationId]) {
        if !moments.is_empty() {
            let changed = texts(moments);
            self.send(Event::TimelineChanged {
                group: group.to_string(),
                added: Vec::new(),
                changed,
                removed: Vec::new(),
            });
        }
    }

    /// Tells that other devices hold these moments, or no longer do: the group's own count of them differs, too.
    pub(crate) fn copies_changed(&self, group: GroupId, moments: &[OperationId]) {
        self.media_changed(group, moments);
        if !moments.is_empty() {
            self.send(Event::GroupsChanged);
        }
    }
}

fn texts(ids: &[OperationId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
