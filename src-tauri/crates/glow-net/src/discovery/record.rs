//! What a device says of itself on its network, however it is said.
//!
//! The TXT of a record holds `v` the version, `p` the peer id, `s` a salt of 8 bytes and `t` three tags of 8 bytes. A tag is
//! an HMAC of salt and peer id under a key: of the group's newest epoch, or of an open invite. Unused tags are random. Whoever
//! holds a key finds its tags; others see numbers that change, under random names, every 10 to 20 minutes.

use std::{net::SocketAddr, time::Duration};

use data_encoding::HEXLOWER;
use glow_model::TagKey;
use libp2p::PeerId;
use rand::RngExt;
use tokio::time::Instant;

use super::Found;
use crate::FoundBy;

pub(super) const VERSION: &str = "1";
/// Tags in a record.
pub(super) const TAGS: usize = 3;
/// Minutes after which names and salt change.
const RENEW_MINUTES: std::ops::Range<f64> = 10.0..20.0;

/// What changes with each renewal.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) instance: String,
    pub(super) host: String,
    pub(super) salt: [u8; 8],
    /// Stand in for tags that are not used.
    filler: [[u8; 8]; TAGS],
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            instance: HEXLOWER.encode(&rand::random::<[u8; 8]>()),
            host: format!("{}.local.", HEXLOWER.encode(&rand::random::<[u8; 8]>())),
            salt: rand::random(),
            filler: rand::random(),
        }
    }

    /// The TXT to announce.
    pub(super) fn text(&self, keys: &[TagKey], peer: PeerId) -> [(&'static str, String); 4] {
        let peer = peer.to_bytes();
        [
            ("v", VERSION.to_owned()),
            ("p", HEXLOWER.encode(&peer)),
            ("s", HEXLOWER.encode(&self.salt)),
            ("t", HEXLOWER.encode(&self.tags(keys, &peer))),
        ]
    }

    /// The tags to announce, padded.
    pub(super) fn tags(&self, keys: &[TagKey], peer: &[u8]) -> Vec<u8> {
        let mut tags = self.filler;
        for (tag, key) in tags.iter_mut().zip(keys) {
            *tag = key.tag(&self.salt, peer);
        }
        tags.concat()
    }
}

/// What a record means to the holder of these keys; nothing when none of its tags is known, or when it is this swarm's own.
pub(super) fn recognise<'a>(
    text: impl Fn(&str) -> Option<&'a str>,
    addresses: impl IntoIterator<Item = SocketAddr>,
    myself: PeerId,
    keys: &[TagKey],
) -> Option<Found> {
    let bytes = |name| HEXLOWER.decode(text(name)?.as_bytes()).ok();
    if text("v") != Some(VERSION) {
        return None;
    }
    let peer_bytes = bytes("p")?;
    let peer = PeerId::from_bytes(&peer_bytes).ok().filter(|peer| *peer != myself)?;
    let salt = bytes("s")?.try_into().ok()?;
    let tags = bytes("t").filter(|tags| tags.len() == 8 * TAGS)?;
    let key = keys.iter().find(|key| {
        let tag = key.tag(&salt, &peer_bytes);
        tags.chunks(tag.len()).any(|other| other == tag)
    })?;
    let mut addresses: Vec<SocketAddr> = addresses.into_iter().collect();
    addresses.sort_unstable();
    addresses.dedup();
    Some(Found { peer: Some(peer), key: Some(key.clone()), ..Found::at(addresses, FoundBy::Mdns) })
}

/// When names change next.
pub(super) fn renewal() -> Instant {
    let minutes = rand::rng().random_range(RENEW_MINUTES);
    Instant::now() + Duration::from_secs_f64(60.0 * minutes)
}
