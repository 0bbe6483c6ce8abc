//! Telling others: a new operation by gossip, complete blobs by a word to each connected member, open doors by mDNS tags.

use std::{sync::Arc, time::Duration};

use glow_model::{BlobId, DeviceId, Verified};
use glow_sync::wire::{IDS_PER_REQUEST, Request};
use tokio::sync::mpsc;

use crate::{clock::now_ms, error::blocking, group::Group};

/// How long complete blobs are gathered before they are told.
const GATHER: Duration = Duration::from_millis(40);

/// Announces an operation of this device. It is durable already; reconciliation covers whoever does not hear of it.
pub(crate) async fn own(group: &Arc<Group>, operation: &Verified) {
    let Some(net) = group.net() else { return };
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
    if !group.is_ended() {
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

/// Gathers complete blobs and tells every connected member of them.
pub(crate) async fn tell_complete(group: Arc<Group>, mut complete: mpsc::Receiver<BlobId>) {
    while let Some(first) = complete.recv().await {
        let mut blobs = vec![first];
        let deadline = tokio::time::Instant::now() + GATHER;
        while blobs.len() < IDS_PER_REQUEST {
            match tokio::time::timeout_at(deadline, complete.recv()).await {
                Ok(Some(blob)) => blobs.push(blob),
                Ok(None) | Err(_) => break,
            }
        }
        for device in group.links() {
            group.tasks.spawn(tell(group.clone(), device, blobs.clone()));
        }
    }
}

/// Tells one member which blobs are complete here.
pub(crate) async fn tell(group: Arc<Group>, device: DeviceId, blobs: Vec<BlobId>) {
    let Some(net) = group.net() else { return };
    for chunk in blobs.chunks(IDS_PER_REQUEST) {
        let request = Request::Have { blobs: chunk.to_vec() };
        match net.request(device, request).await {
            Ok(mut answers) => drop(answers.next().await),
            Err(error) => {
                tracing::debug!(?device, %error, "have");
                return;
            }
        }
    }
}
