//! Drives the handshake of [`glow_sync::door`] over a stream. What is said is decided there, who may pass by the
//! [`Gatekeeper`], and when the connection closes by the event loop.

use std::{future::Future, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt};
use glow_model::{DeviceId, GroupId, InviteKeys, InviteLink, Role, TagKey, limits};
use glow_sync::door::{self, Admission, Answer, Certificate, Credentials, Dialer, DoorError, Ends, Refusal, Shown};
use libp2p::{PeerId, Stream};
use tokio::time::timeout;

use crate::{Gatekeeper, NetError, activity::Activity, protocol::frames};

/// How long the whole handshake may take.
pub(crate) const TIME: Duration = Duration::from_millis(limits::DOOR_MS);
/// A hello or a welcome: version, nonce and proof.
const PROOF_BYTES: usize = 256;
/// What follows comes from someone who proved an epoch or an invite.
const SEALED_BYTES: usize = limits::BULK_FRAME_BYTES;

/// Why a handshake ended without passing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was said does not convince.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The stream ended or broke: the way of a listener that knows no such key.
    #[error(transparent)]
    Stream(#[from] NetError),
    /// The gatekeeper here refuses the other side.
    #[error("refused here: {0:?}")]
    Unwelcome(Refusal),
    /// The other side is this very device.
    #[error("the other side is this device")]
    Myself,
    /// It took too long, or the connection is gone.
    #[error("nobody waits for the handshake any more")]
    Gone,
}

/// What both sides need.
pub(crate) struct Site<'a> {
    pub(crate) stream: Stream,
    pub(crate) group: GroupId,
    pub(crate) ends: Ends,
    pub(crate) gatekeeper: &'a dyn Gatekeeper,
}

/// Who passed a listener's door.
pub(crate) enum Entered {
    /// A member, for whom the gate is to be opened.
    Member,
    /// A joiner, who got what it needs; its connection ends here.
    Joiner,
}

/// The ends of a connection that one side dialled.
pub(crate) fn ends(local: PeerId, remote: PeerId, is_dialer: bool) -> Ends {
    let (local, remote) = (local.to_bytes(), remote.to_bytes());
    let (dialer, listener) = if is_dialer { (local, remote) } else { (remote, local) };
    Ends { dialer, listener }
}

/// The listener's side. `verified` is called when the dialer has proved to be a member, before it is answered: it opens the
/// gate for what the dialer sends first.
pub(crate) async fn listen<Step>(site: Site<'_>, verified: impl FnOnce(Certificate) -> Step) -> Result<Entered, Failure>
where
    Step: Future<Output = Result<(), Failure>>,
{
    let mut wire = Wire::new(site.stream);
    let hello = wire.read(PROOF_BYTES).await?;
    let doors = site.gatekeeper.doors();
    let (welcome, opens, mut room) = door::listen(&site.ends, &doors, rand::random(), &hello)?;
    wire.write(&welcome).await?;
    let shown = room.shown(site.group, &opens, &wire.read(SEALED_BYTES).await?)?;
    let keys = site.gatekeeper.keys();
    let credentials = Credentials { keys: &keys, admission: site.gatekeeper.admission() };
    let (decision, entered) = match shown {
        Shown::Member(certificate) => {
            check_other(certificate.device, keys.id())?;
            let recognised = site.gatekeeper.recognise(&certificate).await;
            if recognised.is_ok() {
                verified(certificate).await?;
            }
            let answer = recognised.map(|()| room.show(&credentials));
            (answer, Entered::Member)
        }
        Shown::Joiner(knock) => {
            let admitted = site.gatekeeper.admit(&knock).await;
            let answer = admitted.map(|admission| room.admit(admission, &credentials));
            (answer, Entered::Joiner)
        }
    };
    match decision {
        Ok(answer) => wire.write(&answer).await?,
        Err(refusal) => {
            wire.write(&room.refuse(refusal)).await?;
            wire.linger().await;
            return Err(Failure::Unwelcome(refusal));
        }
    }
    room.is_done(&wire.read(PROOF_BYTES).await?)?;
    Ok(entered)
}

/// The dialer's side, as a member. `convinced` is called when the listener has proved to be one as well, before it is told:
/// it opens the gate.
pub(crate) async fn dial<Step>(
    site: Site<'_>,
    key: TagKey,
    convinced: impl FnOnce(Certificate) -> Step,
) -> Result<(), Failure>
where
    Step: Future<Output = Result<(), Failure>>,
{
    let mut wire = Wire::new(site.stream);
    let mut room = greet(&mut wire, site.ends, key).await?;
    let keys = site.gatekeeper.keys();
    let credentials = Credentials { keys: &keys, admission: site.gatekeeper.admission() };
    wire.write(&room.show(&credentials)).await?;
    let Answer::Member(certificate) = room.answered(&wire.read(SEALED_BYTES).await?)? else {
        return Err(DoorError::Broken.into());
    };
    check_other(certificate.device, keys.id())?;
    site.gatekeeper.recognise(&certificate).await.map_err(Failure::Unwelcome)?;
    convinced(certificate).await?;
    wire.write(&room.done()).await?;
    wire.close().await
}

/// The dialer's side, as a joiner.
pub(crate) async fn knock(
    stream: Stream,
    ends: Ends,
    link: &InviteLink,
    keys: &glow_model::DeviceKeys,
    role: Role,
) -> Result<(Admission, Certificate), Failure> {
    let mut wire = Wire::new(stream);
    let key = InviteKeys::from_seed(&link.seed).tag_key.clone();
    let mut room = greet(&mut wire, ends, key).await?;
    wire.write(&room.knock(link, keys, role)).await?;
    let Answer::Admitted(admission, certificate) = room.answered(&wire.read(SEALED_BYTES).await?)? else {
        return Err(DoorError::Broken.into());
    };
    // Admitted is admitted: the listener needs to hear no more of it.
    if wire.write(&room.done()).await.is_ok() {
        let _ = wire.close().await;
        wire.linger().await;
    }
    Ok((admission, certificate))
}

async fn greet(wire: &mut Wire, ends: Ends, key: TagKey) -> Result<door::Room, Failure> {
    let dialer = Dialer::new(ends, key, rand::random());
    wire.write(&dialer.hello()).await?;
    Ok(dialer.welcomed(&wire.read(PROOF_BYTES).await?)?)
}

fn check_other(other: DeviceId, myself: DeviceId) -> Result<(), Failure> {
    if other == myself { Err(Failure::Myself) } else { Ok(()) }
}

/// A stream of door messages.
struct Wire {
    stream: Stream,
    activity: Activity,
}

impl Wire {
    /// How long to wait for the other side to read a last word.
    const LINGER: Duration = Duration::from_secs(1);

    fn new(stream: Stream) -> Self {
        Self { stream, activity: Activity::new() }
    }

    async fn read(&mut self, limit_bytes: usize) -> Result<Vec<u8>, Failure> {
        let message = frames::read(&mut self.stream, limit_bytes, &self.activity).await?;
        Ok(message.unwrap_or_default())
    }

    async fn write(&mut self, message: &[u8]) -> Result<(), Failure> {
        Ok(frames::write(&mut self.stream, message, SEALED_BYTES, &self.activity).await?)
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(self.stream.close().await.map_err(NetError::from)?)
    }

    /// Waits until the other side has closed, so that closing the connection does not swallow the last message.
    async fn linger(&mut self) {
        let _ = timeout(Self::LINGER, self.stream.read(&mut [0])).await;
    }
}
