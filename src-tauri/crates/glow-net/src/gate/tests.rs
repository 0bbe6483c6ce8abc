use std::{
    collections::{HashMap, HashSet},
    task::Waker,
};

use libp2p::swarm::dummy;
use proptest::prelude::*;

use super::*;

/// Notes what the gate lets through.
#[derive(Default)]
struct Inner {
    established: Vec<(ConnectionId, usize)>,
    closed: Vec<(ConnectionId, usize)>,
    handlers: HashSet<ConnectionId>,
}

impl NetworkBehaviour for Inner {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = ();

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handlers.insert(connection);
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handlers.insert(connection);
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                self.established.push((event.connection_id, event.other_established))
            }
            FromSwarm::ConnectionClosed(event) => self.closed.push((event.connection_id, event.remaining_established)),
            _ => panic!("{event:?} has no business here"),
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<(), THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

fn gate() -> Gate<Inner> {
    Gate::new(Inner::default(), ConnectionLimits::default())
}

fn id(id: usize) -> ConnectionId {
    ConnectionId::new_unchecked(id)
}

fn endpoint(inbound: bool) -> ConnectedPoint {
    let here: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    if inbound {
        ConnectedPoint::Listener { local_addr: here.clone(), send_back_addr: here }
    } else {
        ConnectedPoint::Dialer { address: here, role_override: Endpoint::Dialer, port_use: PortUse::New }
    }
}

fn establish(gate: &mut Gate<Inner>, connection: ConnectionId, peer: PeerId, inbound: bool) {
    gate.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
        peer_id: peer,
        connection_id: connection,
        endpoint: &endpoint(inbound),
        failed_addresses: &[],
        other_established: 0,
    }));
}

fn close(gate: &mut Gate<Inner>, connection: ConnectionId, peer: PeerId) {
    gate.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
        peer_id: peer,
        connection_id: connection,
        endpoint: &endpoint(true),
        cause: None,
        remaining_established: 0,
    }));
}

fn drain(gate: &mut Gate<Inner>) -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    std::iter::from_fn(|| match gate.poll(&mut cx) {
        Poll::Ready(event) => Some(event),
        Poll::Pending => None,
    })
    .count()
}

fn knock(gate: &mut Gate<Inner>, connection: usize, from: &str) -> bool {
    let local = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    let remote = format!("/ip4/{from}/tcp/9").parse().unwrap();
    gate.handle_pending_inbound_connection(id(connection), &local, &remote).is_ok()
}

#[test]
fn eight_may_wait_from_one_address_and_sixty_four_in_all() {
    let mut gate = gate();
    let admitted = (0..20).filter(|number| knock(&mut gate, *number, "10.0.0.1"));
    assert_eq!(admitted.count(), 8);
    let admitted = (100..400).filter(|number| {
        let from = format!("10.1.0.{}", number % 200);
        knock(&mut gate, *number, &from)
    });
    assert_eq!(admitted.count(), 64 - 8);
}

#[test]
fn who_passed_or_left_does_not_wait_any_more() {
    let mut gate = gate();
    for number in 0..8 {
        assert!(knock(&mut gate, number, "10.0.0.1"));
    }
    let peer = PeerId::random();
    establish(&mut gate, id(0), peer, true);
    assert!(gate.step(id(0), Stage::Opening));
    assert!(!knock(&mut gate, 8, "10.0.0.1"), "opening is still waiting");
    assert!(gate.step(id(0), Stage::Open));
    assert!(knock(&mut gate, 8, "10.0.0.1"));
    establish(&mut gate, id(1), peer, true);
    close(&mut gate, id(1), peer);
    assert!(knock(&mut gate, 9, "10.0.0.1"));
}

#[derive(Debug, Clone)]
enum Step {
    Establish { peer: usize, inbound: bool },
    Open { connection: usize, stage: bool },
    Close { connection: usize },
    Abandon { connection: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let connection = 0_usize..12;
    let step = prop_oneof![
        (0_usize..3, any::<bool>()).prop_map(|(peer, inbound)| Step::Establish { peer, inbound }),
        (connection.clone(), any::<bool>()).prop_map(|(connection, stage)| Step::Open { connection, stage }),
        connection.clone().prop_map(|connection| Step::Close { connection }),
        connection.prop_map(|connection| Step::Abandon { connection }),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever happens in whatever order: the behaviours behind the gate know exactly the connections that took a step, are
    /// told of each once, and of the end of these alone.
    #[test]
    fn the_inner_behaviour_knows_nothing_but_what_passed(steps in steps()) {
        let mut gate = gate();
        let peers = [PeerId::random(), PeerId::random(), PeerId::random()];
        let mut alive: HashMap<ConnectionId, PeerId> = HashMap::new();
        let mut passed: HashSet<ConnectionId> = HashSet::new();
        let mut next = 0;
        for step in steps {
            match step {
                Step::Establish { peer, inbound } => {
                    establish(&mut gate, id(next), peers[peer], inbound);
                    alive.insert(id(next), peers[peer]);
                    next += 1;
                }
                Step::Open { connection, stage } => {
                    let stage = if stage { Stage::Open } else { Stage::Opening };
                    let is_alive = alive.contains_key(&id(connection));
                    prop_assert_eq!(gate.step(id(connection), stage), is_alive);
                    if is_alive {
                        passed.insert(id(connection));
                    }
                }
                Step::Close { connection } => {
                    close(&mut gate, id(connection), peers[0]);
                    alive.remove(&id(connection));
                }
                Step::Abandon { connection } => {
                    gate.abandon(id(connection));
                    alive.remove(&id(connection));
                }
            }
            drain(&mut gate);
        }
        let told: Vec<ConnectionId> = gate.inner.established.iter().map(|(id, _)| *id).collect();
        let closed: Vec<ConnectionId> = gate.inner.closed.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(told.iter().copied().collect::<HashSet<_>>(), passed.clone());
        prop_assert_eq!(told.len(), passed.len(), "each is told once");
        prop_assert_eq!(&gate.inner.handlers, &passed);
        let ended: HashSet<ConnectionId> = passed.iter().filter(|id| !alive.contains_key(id)).copied().collect();
        prop_assert_eq!(closed.iter().copied().collect::<HashSet<_>>(), ended.clone());
        prop_assert_eq!(closed.len(), ended.len(), "each end is told once");
    }
}
