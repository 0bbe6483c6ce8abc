//! A member that lies: admitted like anybody, and then no engine but a script.
//!
//! It says that it has whatever it is asked about, gets it from an honest member and passes it on, changed. What it is asked
//! for, and when, it writes down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use glow_model::{BlobId, DeviceId, DeviceKeys, InviteLink, TagKey};
use glow_net::{
    AnswerSink, ConnectionLimits, FoundBy, Gatekeeper, Interfaces, JoinConfig, Listen, Net, NetConfig, NetEvent,
};
use glow_sync::door::{Admission, Certificate, Knock, Opens, Refusal};
use glow_sync::{Frame, Request};
use tokio::sync::mpsc;

/// What is wrong with a piece that it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// One bit of its last bytes: all groups before are right.
    WrongBytes,
    /// Everything, at the right length.
    WrongHash,
    /// A part of it is missing.
    CutProof,
}

/// A piece that was asked of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) blob: BlobId,
    pub(crate) at: Instant,
    /// Whether the answer was a lie; otherwise it got nothing to pass on, or the asker was gone.
    pub(crate) lied: bool,
}

/// The lying member.
pub(crate) struct Mallory {
    net: Net,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Mallory {
    /// Joins by an invite, and connects to members that listen at these addresses. What is asked of it, it has from `source`.
    pub(crate) async fn join(link: &str, lie: Lie, source: DeviceId, addresses: Vec<SocketAddr>) -> Self {
        let link = InviteLink::parse(link).unwrap();
        let keys = DeviceKeys::from_seeds([66; 32], [67; 32]);
        let listen = Listen { interfaces: Interfaces::LanAndLoopback, ..Listen::default() };
        let join =
            JoinConfig { listen, mdns: false, extra: addresses.clone(), ..JoinConfig::new(link.clone(), keys.clone()) };
        let joined = glow_net::join(join, |_| ()).await.unwrap();
        let config = NetConfig {
            group: link.group,
            topic: joined.admission.secret.topic(),
            listen,
            mdns: false,
            system_discovery: None,
            limits: ConnectionLimits::default(),
        };
        let (net, events) = glow_net::start(config, Arc::new(Keeper { keys, admission: joined.admission })).unwrap();
        net.add_addresses(FoundBy::Manual, addresses);
        let mallory = Self { net: net.clone(), told: Arc::default() };
        tokio::spawn(run(net, events, lie, source, mallory.told.clone()));
        mallory
    }

    /// Every piece that was asked of it so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many members it is connected to.
    pub(crate) async fn links(&self) -> usize {
        self.net.status().await.peers.len()
    }

    pub(crate) async fn leave(self) {
        self.net.shutdown().await;
    }
}

async fn run(net: Net, mut events: mpsc::Receiver<NetEvent>, lie: Lie, source: DeviceId, told: Arc<Mutex<Vec<Told>>>) {
    while let Some(event) = events.recv().await {
        let NetEvent::Request { request, mut answers, .. } = event else { continue };
        let (net, told) = (net.clone(), told.clone());
        tokio::spawn(async move {
            // Whoever asked may be gone.
            let _ = match request {
                Request::Pieces { blob, .. } => {
                    let at = Instant::now();
                    let lied = pass_on(&net, source, request, &mut answers, Some(lie)).await;
                    told.lock().unwrap_or_else(PoisonError::into_inner).push(Told { blob, at, lied });
                    answers.finish().await
                }
                Request::Blobs { .. } => {
                    pass_on(&net, source, request, &mut answers, None).await;
                    answers.finish().await
                }
                other => {
                    let _ = answers.send(answer(&other)).await;
                    answers.finish().await
                }
            };
        });
    }
}

/// Gets what is asked for from the honest member and passes it on. Answers whether anything of it was a lie.
async fn pass_on(net: &Net, source: DeviceId, request: Request, answers: &mut AnswerSink, lie: Option<Lie>) -> bool {
    let Ok(mut got) = net.request(source, request).await else { return false };
    let mut lied = false;
    while let Some(Ok(frame)) = got.next().await {
        let frame = match (frame, lie) {
            (Frame::Piece { piece, slice }, Some(lie)) => {
                lied = true;
                Frame::Piece { piece, slice: changed(slice.into(), lie).into() }
            }
            (frame, _) => frame,
        };
        if answers.send(frame).await.is_err() {
            break;
        }
    }
    lied
}

fn changed(mut slice: Vec<u8>, lie: Lie) -> Vec<u8> {
    match lie {
        Lie::WrongBytes => slice.last_mut().into_iter().for_each(|last| *last ^= 1),
        Lie::WrongHash => slice.iter_mut().for_each(|byte| *byte = !*byte),
        Lie::CutProof => slice.truncate(slice.len() * 3 / 4),
    }
    slice
}

/// It has everything, and has nothing to say.
fn answer(request: &Request) -> Frame {
    match request {
        Request::Bitfields { blobs } => Frame::Bitfields(vec![u32::MAX; blobs.len()]),
        Request::Holds { blobs } => Frame::Holds(vec![u8::MAX; blobs.len().div_ceil(8)].into()),
        Request::Addresses => Frame::Addresses(Vec::new()),
        Request::Have { .. } | Request::HavePieces { .. } | Request::Hush { .. } | Request::Offer { .. } => Frame::Done,
        _ => Frame::Refused,
    }
}

struct Keeper {
    keys: DeviceKeys,
    admission: Admission,
}

#[async_trait]
impl Gatekeeper for Keeper {
    fn doors(&self) -> Vec<(TagKey, Opens)> {
        self.admission.epochs.iter().rev().map(|epoch| (epoch.tag_key(), Opens::Epoch)).collect()
    }

    fn dial_key(&self) -> TagKey {
        self.admission.epochs.last().expect("a member was handed one").tag_key()
    }

    fn keys(&self) -> DeviceKeys {
        self.keys.clone()
    }

    fn admission(&self) -> Vec<Vec<u8>> {
        self.admission.operations.iter().map(|operation| operation.to_vec()).collect()
    }

    async fn recognise(&self, _: &Certificate) -> Result<(), Refusal> {
        Ok(())
    }

    async fn admit(&self, _: &Knock) -> Result<Admission, Refusal> {
        Err(Refusal::Busy)
    }
}
