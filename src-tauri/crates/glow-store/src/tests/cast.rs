//! The cast: devices that author real operations, and what they post.

use glow_model::{
    BlobId, BlobKey, BlobRef, Body, CameraClock, CameraIdentity, Caption, ClipClose, ClipOpen, ClockShift, DeviceId,
    DeviceKeys, Draft, EpochId, EpochSecret, FragmentBody, GroupId, GuestFile, GuestKey, GuestPost, GuestPostId,
    GuestSaid, GuestVerdict, MediaId, Moment, MomentKind, OperationId, Original, OriginalAdded, PayloadKey, Plane,
    Reaction, Retract, Role, Sealer, Segments, Verdict, Verified, What,
    fragment::Position,
    state::{Sheet, StateDraft, Value},
};

use crate::{Incoming, IncomingFragment, IncomingState, MemberEntry, MemberTable, Said};

pub(super) const ALICE: usize = 0;
pub(super) const BOB: usize = 1;
pub(super) const CAROL: usize = 2;
pub(super) const DAVE: usize = 3;

/// Four devices of one group. Each knows the next place in its log.
pub(super) struct Cast {
    devices: Vec<DeviceKeys>,
    heads: Vec<(u64, Option<OperationId>)>,
    epoch: EpochSecret,
    now: u64,
}

impl Cast {
    pub(super) fn new() -> Self {
        let devices = (1..=4).map(|n| DeviceKeys::from_seeds([n; 32], [n + 100; 32]));
        Self {
            devices: devices.collect(),
            heads: vec![(0, None); 4],
            epoch: EpochSecret::new(EpochId([7; 16]), 0, [8; 32]),
            now: 1_799_999_000_000,
        }
    }

    pub(super) fn id(&self, who: usize) -> DeviceId {
        self.devices[who].id()
    }

    /// Members, of whom these are hosts.
    pub(super) fn members(&self, hosts: &[usize]) -> MemberTable {
        let members = self.devices.iter().enumerate().map(|(who, keys)| MemberEntry {
            device: keys.id(),
            role: if hosts.contains(&who) { Role::Host } else { Role::Member },
            sealing: keys.sealing_key(),
            admitted_by: (who > 0).then(|| self.id(0)),
            invite: None,
            name: ["Alice", "Bob", "Carol", "Dave"][who].into(),
            colour: u8::try_from(who).unwrap(),
        });
        MemberTable { members: members.collect(), invites: Vec::new() }
    }

    /// The next operation of a device, as it arrives somewhere else.
    pub(super) fn says(&mut self, who: usize, body: Body) -> Incoming {
        let (seq, backlink) = self.heads[who];
        let incoming = self.says_at(who, (seq, backlink), body);
        self.heads[who] = (seq + 1, Some(incoming.operation.id()));
        incoming
    }

    /// A second history: an operation at the place of the last one.
    pub(super) fn forks(&mut self, who: usize, body: Body) -> Incoming {
        let seq = self.heads[who].0.saturating_sub(1);
        let backlink = (seq > 0).then_some(OperationId([who as u8; 32]));
        self.says_at(who, (seq, backlink), body)
    }

    fn says_at(&mut self, who: usize, (seq, backlink): (u64, Option<OperationId>), body: Body) -> Incoming {
        self.now += 1_000;
        let plane = body.plane().unwrap();
        let draft = Draft { group: GroupId([9; 32]), seq, backlink, time_ms: self.now, epoch: self.epoch.id };
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.now.to_be_bytes());
        let sealer = Sealer { key: &self.key(plane), nonce };
        Incoming {
            operation: draft.author(&body, &self.devices[who], sealer).unwrap(),
            body: Some(body),
            received_ms: self.now + 500,
            own: who == ALICE,
            local: None,
        }
    }

    fn key(&self, plane: Plane) -> PayloadKey {
        self.epoch.payload_key(plane).unwrap()
    }

    /// Opens what any device of the group can open.
    pub(super) fn open(&self, operation: &Verified) -> Option<Body> {
        operation.open(&self.key(operation.header().plane)).ok()
    }

    pub(super) fn posts(&mut self, who: usize, media: u8) -> Incoming {
        self.says(who, Body::Moment(moment(media)))
    }

    pub(super) fn captions(
        &mut self,
        who: usize,
        moment: OperationId,
        replaces: Option<OperationId>,
        text: &str,
    ) -> Incoming {
        self.says(who, Body::Caption(Caption { moment, replaces, text: text.into() }))
    }

    pub(super) fn reacts(&mut self, who: usize, moment: OperationId, emoji: &str, on: bool) -> Incoming {
        self.says(who, Body::Reaction(Reaction { moment, emoji: emoji.into(), on }))
    }

    /// Sets the clock of a camera of `owner`, for all that it captured.
    pub(super) fn sets_clock(
        &mut self,
        who: usize,
        (owner, name): (usize, Option<&str>),
        replaces: Option<OperationId>,
        offset_ms: i64,
    ) -> Incoming {
        let camera = CameraIdentity { author: self.id(owner), name: name.map(Into::into), body: None };
        let shift = ClockShift { offset_ms, from_ms: None, until_ms: None, photo_ms: None };
        self.says(who, Body::CameraClock(CameraClock { camera, shifts: vec![shift], replaces }))
    }

    pub(super) fn holds(
        &mut self,
        who: usize,
        moment: OperationId,
        replaces: Option<OperationId>,
        on: bool,
    ) -> Incoming {
        self.says(who, Body::Hold(glow_model::Hold { moment, replaces, on }))
    }

    pub(super) fn retracts(&mut self, who: usize, target: OperationId) -> Incoming {
        self.says(who, Body::Retract(Retract { target }))
    }

    /// What a device says of itself, as it arrives somewhere else.
    pub(super) fn states(&self, who: usize, counter: u64, said: Said) -> IncomingState {
        let nothing = || Sheet::Here(Vec::new().into());
        let value = match &said {
            Said::Presence(presence) => Value::Presence(*presence),
            Said::SeenUpTo(seen) => Value::SeenUpTo(*seen),
            Said::GuestDoor(door) => Value::GuestDoor(door.clone()),
            Said::TakebackDone(_) => Value::TakebackDone(nothing()),
            Said::Holdings(_) | Said::Unknown => Value::Holdings(nothing()),
        };
        let draft = StateDraft { group: GroupId([9; 32]), counter, time_ms: counter, epoch: self.epoch.id };
        let key = self.key(Plane::Content);
        let state = draft.author(&value, &self.devices[who], &key, [7; 24]).unwrap();
        IncomingState { state, said, sheet: None, received_ms: self.now, own: who == ALICE }
    }

    pub(super) fn opens_clip(&mut self, who: usize, media: u8) -> Incoming {
        self.says(who, Body::ClipOpen(ClipOpen { moment: opened(media) }))
    }

    pub(super) fn closes_clip(&mut self, who: usize, clip: OperationId, original: Original) -> Incoming {
        self.says(who, Body::ClipClose(closing(clip, original)))
    }

    /// The records of fragments by seeds, each after the one before. They play a second each but for the first.
    pub(super) fn records(&self, who: usize, clip: OperationId, seeds: &[u8]) -> Vec<IncomingFragment> {
        let mut position = Position::first(clip);
        let mut records = Vec::new();
        for seed in seeds {
            let duration_ms = if records.is_empty() { 0 } else { 1_000 };
            let body = FragmentBody { blob: blob(*seed, 1_000_000), duration_ms, begins: true };
            let key = self.key(Plane::Content);
            let sealer = Sealer { key: &key, nonce: [*seed; 24] };
            let record = position.author(&body, &self.devices[who], self.epoch.id, sealer).unwrap();
            position = Position::after(&record);
            records.push(IncomingFragment { record, body, received_ms: self.now, own: false });
        }
        records
    }

    pub(super) fn adds_original(&mut self, who: usize, moment: OperationId, seed: u8) -> Incoming {
        let original = inline("image/heic", &[seed, seed + 1]);
        self.says(who, Body::OriginalAdded(OriginalAdded { moment, original, motion: None }))
    }
}

/// The key of a guest, by number.
pub(super) fn guest(number: u8) -> GuestKey {
    GuestKey([200 + number; 32])
}

/// Something a guest says. Signatures are checked before a body comes to the store.
pub(super) fn guest_says(number: u8, post: u8, time_ms: u64, what: What) -> GuestPost {
    let name = format!("Guest {number}.{time_ms}");
    let said = GuestSaid { name, time_ms, what };
    GuestPost {
        guest: guest(number),
        id: GuestPostId([post; 16]),
        said: said.encode().into(),
        signature: [0; 64],
        review: false,
        moment: None,
    }
}

/// A guest's photo, named after a number: with its original, or with previews alone.
pub(super) fn guest_file(number: u8, post: u8, media: u8, (whole, review): (bool, bool)) -> GuestPost {
    let file = GuestFile {
        hash: [media; 32],
        size: 1_000_000,
        media_type: "image/jpeg".into(),
        file_name: "photo.jpg".into(),
        captured_ms: 1_799_900_000_000,
        width: 0,
        height: 0,
        duration_ms: None,
        caption: format!("by guest {number}"),
        as_it_is: false,
    };
    let mut said = guest_says(number, post, u64::from(media), What::File(file));
    let early = Moment { media: GuestPost::early_media(said.guest, said.id), ..previews_only(media) };
    said.moment = Some(if whole { moment(media) } else { early });
    GuestPost { review, ..said }
}

/// A decision about a guest, or about a post of one.
pub(super) fn judged(number: u8, post: Option<u8>, positive: bool, turn: u64) -> GuestVerdict {
    let verdict = match (post, positive) {
        (Some(_), true) => Verdict::Approve,
        (Some(_), false) => Verdict::HoldBack,
        (None, true) => Verdict::Unblock,
        (None, false) => Verdict::Block,
    };
    GuestVerdict { guest: guest(number), post: post.map(|post| GuestPostId([post; 16])), verdict, turn }
}

/// What is known of a clip at its beginning.
pub(super) fn opened(media: u8) -> Moment {
    Moment {
        kind: MomentKind::Clip,
        media_type: "video/webm".into(),
        placeholder: Vec::new().into(),
        grid: None,
        screen: None,
        ..previews_only(media)
    }
}

pub(super) fn closing(clip: OperationId, original: Original) -> ClipClose {
    ClipClose {
        clip,
        media: MediaId([77; 32]),
        original,
        duration_ms: 5_000,
        placeholder: vec![9; 24].into(),
        grid: Some(blob(240, 20_000)),
        screen: None,
    }
}

/// A photo with two previews and an original of one segment, all named after a number.
pub(super) fn moment(media: u8) -> Moment {
    Moment { original: Some(inline("image/jpeg", &[media.wrapping_mul(8) + 2])), ..previews_only(media) }
}

/// A photo whose original is held back.
pub(super) fn previews_only(media: u8) -> Moment {
    Moment {
        kind: MomentKind::Photo,
        media: MediaId([media; 32]),
        media_type: "image/jpeg".into(),
        width: 4_000,
        height: 3_000,
        duration_ms: None,
        captured_ms: 1_799_900_000_000 + u64::from(media) * 1_000_000,
        offset_min: Some(120),
        camera: None,
        file_name: format!("IMG_{media}.jpg"),
        placeholder: vec![media; 24].into(),
        grid: Some(blob(media.wrapping_mul(8), 20_000)),
        screen: Some(blob(media.wrapping_mul(8) + 1, 200_000)),
        original: None,
        motion: None,
        place: None,
        camera_body: None,
    }
}

pub(super) fn inline(media_type: &str, seeds: &[u8]) -> Original {
    let segments: Vec<_> = seeds.iter().map(|seed| blob(*seed, 1_000_000)).collect();
    Original {
        media_type: media_type.into(),
        size: segments.iter().map(|segment| segment.size).sum(),
        segments: Segments::Inline(segments),
    }
}

/// An original of so many segments that a manifest names them.
pub(super) fn long(media_type: &str, seed: u8) -> Original {
    Original { media_type: media_type.into(), size: 20_000_000, segments: Segments::Manifest(blob(seed, 2_000)) }
}

pub(super) fn blob(seed: u8, size: u64) -> BlobRef {
    BlobRef { id: BlobId([seed; 32]), key: BlobKey([!seed; 32]), size }
}
