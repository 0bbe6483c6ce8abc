//! The keys of this device in one group, as they rest on the disk: one file, readable by its user only.
//!
//! The file is replaced as a whole (temporary file, sync, rename, sync of the folder), so a crash leaves the old or the new.

use std::{fs, io::Write, path::Path};

use glow_model::{DeviceKeys, EpochSecret, GroupId, GroupSecret, InviteKeys, InviteSeed, Plane, Role, codec};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::{
    clock::random,
    error::{ApiResult, IntoApi},
    guest::DoorRecord,
};

/// What makes this device a member of a group.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub(crate) group: GroupId,
    pub(crate) keys: DeviceKeys,
    pub(crate) secret: GroupSecret,
    /// Every epoch this device held, oldest first; never empty.
    pub(crate) epochs: Vec<EpochSecret>,
    /// Seeds of the invites this device made and can still show.
    pub(crate) invites: Vec<InviteSeed>,
    /// This device's door for guests, open or not.
    pub(crate) door: Option<DoorRecord>,
    /// The gossip topic as a carrier was given it: its secret is none of the group's.
    pub(crate) topic: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Wire {
    #[n(0)]
    group: GroupId,
    #[cbor(n(1), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    sealing: [u8; 32],
    #[n(3)]
    secret: GroupSecret,
    #[n(4)]
    epochs: Vec<EpochSecret>,
    #[n(5)]
    invites: Vec<InviteSeed>,
    #[n(6)]
    door: Option<DoorRecord>,
    #[n(7)]
    topic: Option<String>,
}

impl Secrets {
    /// The epoch to seal under: the highest by (generation, id).
    pub(crate) fn newest_epoch(&self) -> &EpochSecret {
        self.epochs
            .iter()
            .max_by_key(|epoch| (epoch.generation, epoch.id))
            .expect("a group has an epoch from its start")
    }

    /// The gossip topic of the group.
    pub(crate) fn topic(&self) -> String {
        self.topic.clone().unwrap_or_else(|| self.secret.topic())
    }

    /// Whether this device was given what opens content. A carrier was not.
    pub(crate) fn can_read(&self) -> bool {
        self.newest_epoch().payload_key(Plane::Content).is_some()
    }

    /// What whoever was admitted is given: a carrier neither the group's secret nor anything that opens content.
    pub(crate) fn handed_to(&self, role: Role) -> (GroupSecret, Vec<EpochSecret>, Option<String>) {
        match role {
            Role::Host | Role::Member => (self.secret.clone(), self.epochs.clone(), None),
            Role::Carrier => {
                let epochs = self.epochs.iter().map(EpochSecret::carried).collect();
                (GroupSecret(random()), epochs, Some(self.topic()))
            }
        }
    }

    pub(crate) fn epoch(&self, id: glow_model::EpochId) -> Option<&EpochSecret> {
        self.epochs.iter().find(|epoch| epoch.id == id)
    }

    /// The seed of an invite this device made.
    pub(crate) fn invite_seed(&self, invite: glow_model::InviteId) -> Option<&InviteSeed> {
        self.invites.iter().find(|seed| InviteKeys::from_seed(seed).id() == invite)
    }

    pub(crate) fn load(path: &Path) -> ApiResult<Self> {
        let bytes = Zeroizing::new(fs::read(path).map_err(IntoApi::into_api)?);
        let wire: Wire = codec::decode(&bytes, "secrets file").map_err(IntoApi::into_api)?;
        if wire.epochs.is_empty() || !wire.epochs.iter().all(EpochSecret::is_whole) {
            return Err(glow_model::ModelError::Invalid { what: "secrets file" }.into_api());
        }
        let keys = DeviceKeys::from_seeds(wire.signing, wire.sealing);
        let Wire { group, secret, epochs, invites, door, topic, .. } = wire;
        Ok(Self { group, keys, secret, epochs, invites, door, topic })
    }

    pub(crate) fn save(&self, path: &Path) -> ApiResult<()> {
        let (signing, sealing) = self.keys.seeds();
        let wire = Wire {
            group: self.group,
            signing: *signing,
            sealing: *sealing,
            secret: self.secret.clone(),
            epochs: self.epochs.clone(),
            invites: self.invites.clone(),
            door: self.door.clone(),
            topic: self.topic.clone(),
        };
        let bytes = Zeroizing::new(codec::encode(&wire));
        let parent = path.parent().unwrap_or(Path::new("."));
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(parent)?; // made with mode 0600
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            fs::File::open(parent)?.sync_all()
        };
        write().map_err(IntoApi::into_api)
    }
}
