//! Telling others: a new operation by gossip, what has come by a word to each connected member, open doors by mDNS tags.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use glow_model::{BlobId, BlobRef, DeviceId, Verified};
use glow_sync::{
    Announcer,
    wire::{IDS_PER_REQUEST, OFFERED_BYTES, Request},
};
use tokio::sync::mpsc;

use crate::{
    clock::{elapsed_ms, now_ms},
    error::blocking,
    group::Group,
    pipeline::fetch::FetchInput,
};

/// Offers on their way at once: those who get theirs first need not wait for the last.
const OFFERS: usize = 3;
/// How long the neighbours are quiet for them, at most.
const OFFER_MS: u32 = 600;
/// With nothing to tell.
const NEVER: Duration = Duration::from_secs(3_600);

/// Announces an operation of this device. It is durable already; reconciliation covers whoever does not hear of it.
///
/// Who is connected gets it together with its grid preview; gossip carries it to the others.
pub(crate) async fn own(group: &Arc<Group>, operation: &Verified, grid: Option<BlobRef>) {
    let Some(net) = group.net() else { return };
    if let Some(grid) = grid.filter(|grid| grid.size <= OFFERED_BYTES) {
        group.tasks.spawn(offer(group.clone(), operation.encode(), grid));
    }
    net.publish(operation.encode());
    let (this, id) = (group.clone(), operation.id());
    if let Err(error) = blocking(move || this.store.outbox_done(&[id])).await {
        tracing::warn!(%error, "outbox");
    }
}

/// Publishes the tags of the newest epoch and of the open invites, and drops connections of devices that are no members.
pub(crate) fn membership_changed(group: &Group) {
    let Some(net) = group.net() else { return };
    let secrets = group.secrets();
    let mut announced = vec![secrets.newest_epoch().tag_key()];
    if !group.is_ended() && secrets.can_read() {
        announced.extend(open_invites(group).into_iter().map(|(_, tag_key)| tag_key).take(2));
    }
    net.set_tags(announced, secrets.epochs.iter().map(glow_model::EpochSecret::tag_key).collect());
    net.reconsider();
}

/// The invites that let people in now, newest expiry first: those made here before others.
pub(crate) fn open_invites(group: &Group) -> Vec<(glow_model::InviteId, glow_model::TagKey)> {
    let membership = group.membership();
    let now_ms = now_ms();
    let mut open: Vec<_> = membership
        .invites()
        .iter()
        .filter(|(_, invite)| !invite.closed && invite.grant.expires_ms.is_none_or(|expires_ms| expires_ms > now_ms))
        .filter(|(_, invite)| invite.grant.max_uses.is_none_or(|max| invite.uses < max))
        .collect();
    open.sort_by_key(|(id, invite)| {
        (invite.author != group.me, std::cmp::Reverse(invite.grant.expires_ms.unwrap_or(u64::MAX)), **id)
    });
    open.into_iter().map(|(id, invite)| (*id, invite.grant.tag_key.clone())).collect()
}

/// What has come, and may be told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News {
    /// A whole blob that is kept for good.
    Whole(BlobId),
    /// A whole blob that is here for others only: it counts as no copy.
    Carried(BlobId),
    /// A piece of an original.
    Piece(BlobId, u32),
}

/// Tells every connected member what has come: when, the announcer decides.
pub(crate) async fn tell_news(group: Arc<Group>, mut news: mpsc::Receiver<News>) {
    let mut announcer = Announcer::default();
    loop {
        let wait =
            announcer.due_ms().map_or(NEVER, |due_ms| Duration::from_millis(due_ms.saturating_sub(elapsed_ms())));
        match tokio::time::timeout(wait, news.recv()).await {
            Ok(Some(News::Whole(blob))) => announcer.completed(blob, elapsed_ms()),
            Ok(Some(News::Carried(blob))) => announcer.carried(blob, elapsed_ms()),
            Ok(Some(News::Piece(blob, piece))) => announcer.arrived(blob, piece, elapsed_ms()),
            Ok(None) => return,
            Err(_) => {}
        }
        for request in announcer.take(elapsed_ms()) {
            for device in group.links() {
                group.tasks.spawn(say(group.clone(), device, request.clone()));
            }
        }
    }
}

/// Asks the neighbours, and this device, for quiet: something small follows. 0 takes it back.
pub(crate) async fn hush(group: &Arc<Group>, for_ms: u32) {
    hushed(group, group.me, for_ms).await;
    for device in group.links() {
        group.tasks.spawn(say(group.clone(), device, Request::Hush { for_ms }));
    }
}

/// A member asks for quiet: nothing large is asked for or sent.
pub(crate) async fn hushed(group: &Arc<Group>, by: DeviceId, for_ms: u32) {
    if let Some(net) = group.net() {
        net.lanes().hush(by, for_ms.into());
    }
    group.tell_fetch(FetchInput::Hush(by, for_ms.into())).await;
}

/// Sends a new operation with its grid preview to every connected member, so that nobody has to ask for it, and ends the quiet.
pub(crate) async fn offer(group: Arc<Group>, operation: Vec<u8>, grid: BlobRef) {
    hush(&group, OFFER_MS).await;
    let (this, blob) = (group.clone(), grid.clone());
    let slice = blocking(move || this.blobs.encode_piece(blob.id, blob.size, 0)).await;
    if let Ok(slice) = slice {
        let request =
            Request::Offer { operation: operation.into(), blob: grid.id, size: grid.size, slice: slice.into() };
        let offers = group.links().into_iter().map(|device| say(group.clone(), device, request.clone()));
        futures::stream::iter(offers).buffer_unordered(OFFERS).collect::<()>().await;
    }
    hush(&group, 0).await;
}

/// Says something that is answered with a word.
pub(super) async fn say(group: Arc<Group>, device: DeviceId, request: Request) {
    let Some(net) = group.net() else { return };
    match net.request(device, request).await {
        Ok(mut answers) => drop(answers.next().await),
        Err(error) => tracing::debug!(?device, %error, "not said"),
    }
}

/// Tells one member which blobs are complete here.
pub(crate) async fn tell(group: Arc<Group>, device: DeviceId, blobs: Vec<BlobId>) {
    for chunk in blobs.chunks(IDS_PER_REQUEST) {
        say(group.clone(), device, Request::Have { blobs: chunk.to_vec() }).await;
    }
}
