//! Who may pass: the questions that the door asks of the engine.

use async_trait::async_trait;
use glow_model::{DeviceKeys, TagKey};
use glow_sync::door::{Admission, Certificate, Knock, Opens, Refusal};

/// Decides who passes the door of one group. Asked once a handshake; has to answer well within [`glow_model::limits::DOOR_MS`].
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// What this device recognises as listener: the newest epoch first, then every older one and the open invites.
    fn doors(&self) -> Vec<(TagKey, Opens)>;

    /// The key under which this device dials: of the newest epoch.
    fn dial_key(&self) -> TagKey;

    /// This device's keys.
    fn keys(&self) -> DeviceKeys;

    /// The encoded operations that lead from the genesis to this device's admission.
    fn admission(&self) -> Vec<Vec<u8>>;

    /// Whether the device is a member; takes in its chain of admissions when it is not known yet. Its signature over the
    /// handshake was verified.
    async fn recognise(&self, certificate: &Certificate) -> Result<(), Refusal>;

    /// Lets a joiner in whose invite and signatures were verified.
    async fn admit(&self, knock: &Knock) -> Result<Admission, Refusal>;
}
