//! What a device is at an event when it is a box: its host says where its doors are, requests tell it to the owner.

use std::sync::PoisonError;

use glow_api::Event;

use crate::{clock::now_ms, engine::Engine, spool::Spool, view};

/// What the host of a box opened.
#[derive(Debug, Clone)]
pub struct Venue {
    /// The group that it serves.
    pub group: String,
    /// Address of its owner's page, without a token.
    pub page: String,
    /// Where cameras' uploads go; nothing at a blind box, which can add nothing.
    pub spool: Option<Spool>,
    /// Address of the FTP server.
    pub ftp: Option<String>,
    /// Address of the WebDAV server.
    pub webdav: Option<String>,
    /// The watched folder.
    pub folder: Option<String>,
    /// Name and password that a camera gives.
    pub login: (String, String),
    /// Printing on request; nothing when it is off.
    pub printing: Option<PrintRules>,
    /// Since when it runs; the engine fills it in.
    pub since_ms: i64,
}

/// What may be printed on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintRules {
    /// The printer's name, as CUPS knows it; nothing for its default.
    pub printer: Option<String>,
    /// Copies at once.
    pub copies: u32,
    /// Pages in a day.
    pub pages_a_day: u32,
}

impl Engine {
    /// Makes this device a box: from now on `box.get` tells of it.
    pub fn serve_venue(&self, venue: Venue) {
        let venue = Venue { since_ms: view::time(now_ms()), ..venue };
        *self.inner.venue.write().unwrap_or_else(PoisonError::into_inner) = Some(venue);
        self.inner.bus.send(Event::BoxChanged);
        self.inner.bus.send(Event::StatusChanged);
    }

    /// What this device is at an event, when it is a box.
    pub(crate) fn venue(&self) -> Option<Venue> {
        self.inner.venue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn is_box(&self) -> bool {
        self.inner.venue.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}
