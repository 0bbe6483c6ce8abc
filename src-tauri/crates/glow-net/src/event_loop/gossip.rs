//! Gossip: messages out, and messages in that wait for their verdict.

use std::{collections::VecDeque, sync::Arc};

use glow_model::limits;
use libp2p::{
    PeerId,
    gossipsub::{Event, IdentTopic, MessageAcceptance, MessageId, PublishError},
};
use tokio::sync::{Semaphore, mpsc};

use super::{EventLoop, OUTBOX};
use crate::{
    NetEvent, Verdict,
    event::{GivenVerdict, PendingVerdict},
};

/// Messages kept for the first neighbour.
const KEPT: usize = 64;
/// Messages that may wait for their verdict.
const UNJUDGED: usize = 256;

/// What gossip needs beside gossipsub.
pub(super) struct Gossip {
    topic: IdentTopic,
    kept: VecDeque<Vec<u8>>,
    verdicts: mpsc::UnboundedSender<GivenVerdict>,
    unjudged: Arc<Semaphore>,
}

impl Gossip {
    pub(super) fn new(topic: &str) -> (Self, mpsc::UnboundedReceiver<GivenVerdict>) {
        let (verdicts, given) = mpsc::unbounded_channel();
        let gossip = Self {
            topic: IdentTopic::new(topic),
            kept: VecDeque::new(),
            verdicts,
            unjudged: Arc::new(Semaphore::new(UNJUDGED)),
        };
        (gossip, given)
    }

    pub(super) fn topic(&self) -> &IdentTopic {
        &self.topic
    }

    /// Keeps a message for later, in place of the oldest when there are too many.
    fn keep(&mut self, message: Vec<u8>) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(message);
    }
}

impl EventLoop {
    pub(super) fn publish(&mut self, message: Vec<u8>) {
        let gossipsub = &mut self.swarm.behaviour_mut().gate.inner.gossipsub;
        match gossipsub.publish(self.gossip.topic.clone(), message.clone()) {
            Ok(_) | Err(PublishError::Duplicate) => {}
            Err(PublishError::NoPeersSubscribedToTopic) => self.gossip.keep(message),
            Err(error) => tracing::debug!(%error, "gossip dropped"),
        }
    }

    pub(super) fn handle_gossip(&mut self, event: Event) {
        match event {
            Event::Message { propagation_source, message_id, message } => {
                if let Err(acceptance) = self.take_message(propagation_source, &message_id, message.data) {
                    self.judge(&message_id, &propagation_source, acceptance);
                }
            }
            Event::Subscribed { .. } => {
                for message in std::mem::take(&mut self.gossip.kept) {
                    self.publish(message);
                }
            }
            _ => {}
        }
    }

    /// Puts a message before the engine, or says what becomes of it without that.
    fn take_message(&mut self, source: PeerId, id: &MessageId, message: Vec<u8>) -> Result<(), MessageAcceptance> {
        if message.len() > limits::GOSSIP_BYTES {
            return Err(MessageAcceptance::Reject);
        }
        if self.outbox.len() >= OUTBOX {
            return Err(MessageAcceptance::Ignore);
        }
        let permit = Arc::clone(&self.gossip.unjudged).try_acquire_owned();
        let permit = permit.map_err(|_| MessageAcceptance::Ignore)?;
        let from = self.device_of(source).ok_or(MessageAcceptance::Ignore)?;
        let pending = PendingVerdict { message: id.clone(), source, verdicts: self.gossip.verdicts.clone(), permit };
        self.outbox.push_back(NetEvent::Gossip { from, message, verdict: Verdict { pending: Some(pending) } });
        Ok(())
    }

    pub(super) fn handle_verdict(&mut self, verdict: GivenVerdict) {
        self.judge(&verdict.message, &verdict.source, verdict.acceptance);
    }

    fn judge(&mut self, message: &MessageId, source: &PeerId, acceptance: MessageAcceptance) {
        let gossipsub = &mut self.swarm.behaviour_mut().gate.inner.gossipsub;
        gossipsub.report_message_validation_result(message, source, acceptance);
    }
}
