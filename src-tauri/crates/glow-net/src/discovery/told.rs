//! Addresses that somebody tells: a person, an invite, another member, or this device's memory.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::{Discovery, Found, Situation};

/// Passes on what it is told.
pub(crate) struct Told {
    found: mpsc::Receiver<Found>,
}

impl Told {
    pub(crate) fn new(found: mpsc::Receiver<Found>) -> Self {
        Self { found }
    }
}

impl Discovery for Told {
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Found> {
        match self.found.poll_recv(cx) {
            Poll::Ready(Some(found)) => Poll::Ready(found),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn handle_situation(&mut self, _: &Situation) {}

    fn close(&mut self) -> BoxFuture<'static, ()> {
        self.found.close();
        Box::pin(std::future::ready(()))
    }
}
