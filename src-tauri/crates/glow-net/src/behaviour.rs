//! The behaviours of a group's swarm: the door, and behind the gate all that members say to each other.

use std::time::Duration;

use glow_model::limits;
use glow_sync::{door::DOOR_PROTOCOL, wire::REQUEST_PROTOCOL};
use libp2p::{
    gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode},
    identify,
    identity::PublicKey,
    ping,
    swarm::NetworkBehaviour,
};

use crate::{ConnectionLimits, gate::Gate, streams::Streams};

/// A neighbour is dead when two pings in a row fail: after at most twice the sum of these.
const PING_INTERVAL: Duration = Duration::from_millis(2_500);
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Room for the topic beside a gossip message, and for what travels with it.
const TOPIC_BYTES: usize = 512;
const ENVELOPE_BYTES: usize = 4 * 1024;
/// Gossip messages that may wait for one neighbour.
const GOSSIP_QUEUE: usize = 256;
/// What identify says to members.
const AGENT: &str = "afterglow";
const AGENT_PROTOCOL: &str = "/afterglow/1";

/// All behaviours.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) door: Streams,
    pub(crate) gate: Gate<Inner>,
}

/// The behaviours behind the gate.
#[derive(NetworkBehaviour)]
pub(crate) struct Inner {
    pub(crate) gossipsub: gossipsub::Behaviour,
    pub(crate) identify: identify::Behaviour,
    pub(crate) ping: ping::Behaviour,
    pub(crate) requests: Streams,
}

impl Behaviour {
    pub(crate) fn new(key: PublicKey, topic: &IdentTopic, limits: ConnectionLimits) -> Self {
        let inner = Inner {
            gossipsub: gossip(topic),
            identify: identify::Behaviour::new(
                identify::Config::new(AGENT_PROTOCOL.to_owned(), key)
                    .with_agent_version(AGENT.to_owned())
                    .with_push_listen_addr_updates(true)
                    .with_cache_size(0),
            ),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT)),
            requests: Streams::new(REQUEST_PROTOCOL, limits::STREAMS_PER_CONNECTION),
        };
        Self { door: Streams::new(DOOR_PROTOCOL, 1), gate: Gate::new(inner, limits) }
    }
}

/// Gossip without authors: what is said carries its device's signature inside, and its id is its content, so that the same
/// message from two sides is one. For 2 to 20 members with at most a dozen links.
fn gossip(topic: &IdentTopic) -> gossipsub::Behaviour {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::from(blake3::hash(&message.data).as_bytes().as_slice()))
        .max_transmit_size(limits::GOSSIP_BYTES + ENVELOPE_BYTES)
        .max_transmit_size_for_topic(limits::GOSSIP_BYTES + TOPIC_BYTES, topic.hash())
        .connection_handler_queue_len(GOSSIP_QUEUE)
        .flood_publish(true)
        .idontwant_on_publish(true)
        .mesh_n(6)
        .mesh_n_low(4)
        .mesh_n_high(10)
        .mesh_outbound_min(2)
        .gossip_lazy(4)
        .history_length(10)
        .history_gossip(5)
        .heartbeat_initial_delay(Duration::from_millis(100))
        .heartbeat_interval(Duration::from_millis(700))
        .prune_backoff(Duration::from_secs(10))
        .duplicate_cache_time(Duration::from_secs(300))
        .build()
        .expect("the parameters are consistent");
    let mut gossipsub = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config)
        .expect("anonymous messages fit anonymous validation");
    gossipsub.subscribe(topic).expect("without a filter every topic may be subscribed to");
    gossipsub
}
