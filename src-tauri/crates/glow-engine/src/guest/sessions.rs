//! Who is here as a guest.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use glow_api::GuestTicket;
use glow_model::{GuestKey, limits, state::DoorSecret};
use tokio::sync::watch;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestEnd {
    /// The door was closed.
    Closed,
    /// The door's time was over.
    Expired,
    /// The guest was blocked.
    Blocked,
    /// It was quiet for longest when there were too many.
    Replaced,
}

impl GuestEnd {
    /// The word that the page is told.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Expired => "expired",
            Self::Blocked => "blocked",
            Self::Replaced => "replaced",
        }
    }
}

/// A session that was let in.
#[derive(Debug)]
pub struct GuestSession {
    /// Who asks, in every request of the session.
    pub ticket: GuestTicket,
    /// Why the session is to end, once it is.
    pub ended: watch::Receiver<Option<GuestEnd>>,
}

/// The sessions of one door.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<GuestTicket, Session>>);

struct Session {
    binding: [u8; 32],
    secret: DoorSecret,
    guest: Option<(GuestKey, String)>,
    ended: watch::Sender<Option<GuestEnd>>,
    heard: Instant,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Sessions {
    pub(super) fn open(&self, secret: &DoorSecret, binding: [u8; 32]) -> GuestSession {
        let mut sessions = self.table();
        while sessions.len() >= limits::GUEST_SESSIONS {
            let Some(quietest) = sessions.iter().min_by_key(|(_, session)| session.heard).map(|(ticket, _)| *ticket)
            else {
                break;
            };
            if let Some(session) = sessions.remove(&quietest) {
                session.ended.send_replace(Some(GuestEnd::Replaced));
            }
        }
        let ticket = GuestTicket(NEXT.fetch_add(1, Ordering::Relaxed));
        let (ended, hears) = watch::channel(None);
        let session = Session { binding, secret: secret.clone(), guest: None, ended, heard: Instant::now() };
        sessions.insert(ticket, session);
        GuestSession { ticket, ended: hears }
    }

    pub(super) fn has(&self, ticket: GuestTicket) -> bool {
        self.table().contains_key(&ticket)
    }

    /// Notes that something was heard. Answers who the guest is, nothing while it has not said so; nothing at all for a
    /// session that is not of this group.
    pub(super) fn touch(&self, ticket: GuestTicket) -> Option<Option<GuestKey>> {
        let mut sessions = self.table();
        let session = sessions.get_mut(&ticket)?;
        session.heard = Instant::now();
        Some(session.guest.as_ref().map(|(key, _)| *key))
    }

    /// What a guest signs to say who it is.
    pub(crate) fn binding(&self, ticket: GuestTicket) -> Option<[u8; 32]> {
        self.table().get(&ticket).map(|session| session.binding)
    }

    /// Notes who a guest is. Answers whether that is news: a page says it again whenever it asks what it may.
    pub(crate) fn enter(&self, ticket: GuestTicket, key: GuestKey, name: String) -> bool {
        let guest = Some((key, name));
        match self.table().get_mut(&ticket) {
            Some(session) if session.guest != guest => {
                session.guest = guest;
                true
            }
            _ => false,
        }
    }

    /// Ends a session. Answers whether it was one.
    pub(super) fn close(&self, ticket: GuestTicket) -> bool {
        self.table().remove(&ticket).is_some()
    }

    /// Ends every session.
    pub(crate) fn end_all(&self, why: GuestEnd) {
        for (_, session) in std::mem::take(&mut *self.table()) {
            session.ended.send_replace(Some(why));
        }
    }

    /// Ends the sessions of another secret than this: they came by an address that is good no more.
    pub(crate) fn end_others(&self, secret: &DoorSecret) {
        self.end_where(GuestEnd::Closed, |session| session.secret != *secret);
    }

    /// Ends the sessions of these guests.
    pub(crate) fn end_guests(&self, blocked: &BTreeSet<GuestKey>) {
        self.end_where(GuestEnd::Blocked, |session| {
            session.guest.as_ref().is_some_and(|(key, _)| blocked.contains(key))
        });
    }

    /// Who is here, by key, with what it calls itself.
    pub(crate) fn here(&self) -> BTreeMap<GuestKey, String> {
        self.table().values().filter_map(|session| session.guest.clone()).collect()
    }

    fn end_where(&self, why: GuestEnd, ends: impl Fn(&Session) -> bool) {
        self.table().retain(|_, session| {
            let over = ends(session);
            if over {
                session.ended.send_replace(Some(why));
            }
            !over
        });
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<GuestTicket, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_who_is_in_is_no_news_until_its_name_is_another() {
        let sessions = Sessions::default();
        let GuestSession { ticket, .. } = sessions.open(&DoorSecret([1; 16]), [2; 32]);
        let key = GuestKey([3; 32]);
        assert!(sessions.enter(ticket, key, "Gus".to_owned()));
        assert!(!sessions.enter(ticket, key, "Gus".to_owned()));
        assert!(sessions.enter(ticket, key, "Augustus".to_owned()));
    }
}
