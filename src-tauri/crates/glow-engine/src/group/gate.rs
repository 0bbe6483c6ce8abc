//! The door's questions, answered by the group: which keys open it, who is a member, who may come in.

use std::sync::Arc;

use async_trait::async_trait;
use glow_model::{DeviceKeys, TagKey};
use glow_net::Gatekeeper;
use glow_sync::door::{Admission, Certificate, Knock, Opens, Refusal};
use tokio::sync::oneshot;

use crate::group::{Command, Group};

/// A group at its door.
pub(crate) struct Gate(pub(crate) Arc<Group>);

#[async_trait]
impl Gatekeeper for Gate {
    fn doors(&self) -> Vec<(TagKey, Opens)> {
        let secrets = self.0.secrets();
        let mut epochs: Vec<_> = secrets.epochs.iter().collect();
        epochs.sort_by_key(|epoch| std::cmp::Reverse((epoch.generation, epoch.id)));
        let members = epochs.into_iter().map(|epoch| (epoch.tag_key(), Opens::Epoch));
        if !secrets.can_read() {
            // A carrier has nothing to hand over, so it lets nobody in.
            return members.collect();
        }
        // Closed and expired invites stay recognised: whoever proves one is told why it does not open.
        let membership = self.0.membership();
        let invites =
            membership.invites().iter().map(|(id, invite)| (invite.grant.tag_key.clone(), Opens::Invite(*id)));
        members.chain(invites).collect()
    }

    fn dial_key(&self) -> TagKey {
        self.0.secrets().newest_epoch().tag_key()
    }

    fn keys(&self) -> DeviceKeys {
        self.0.secrets().keys.clone()
    }

    fn admission(&self) -> Vec<Vec<u8>> {
        self.0.admission()
    }

    async fn recognise(&self, certificate: &Certificate) -> Result<(), Refusal> {
        if !self.0.membership().contains(certificate.device) {
            let chain = certificate.admission.iter().map(|bytes| bytes.to_vec()).collect();
            self.0.accept(chain).await.map_err(|_| Refusal::Busy)?;
        }
        if self.0.membership().contains(certificate.device) { Ok(()) } else { Err(Refusal::Removed) }
    }

    async fn admit(&self, knock: &Knock) -> Result<Admission, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Command::Admit { knock: Box::new(knock.clone()), reply }).await.map_err(|_| Refusal::Busy)?;
        answer.await.map_err(|_| Refusal::Busy)?
    }
}
