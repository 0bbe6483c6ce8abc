//! Every encoded form of the model: snapshots of what is signed and stored, and what arbitrary bytes do to the decoders.
#![allow(clippy::unwrap_used)]

use data_encoding::HEXLOWER;
use glow_model::{
    Admit, BlobId, BlobKey, BlobRef, Body, CameraBodyId, CameraClock, CameraIdentity, Caption, ClipClose, ClipOpen,
    ClockShift, DeviceKeys, Draft, EpochId, EpochSecret, Fragment, FragmentBody, FragmentId, Genesis, GroupId,
    GroupSecret, GuestFile, GuestKey, GuestPost, GuestPostId, GuestSaid, GuestVerdict, Hold, InviteClose, InviteGrant,
    InviteKeys, InviteLink, InvitePolicy, InviteSeed, MediaId, ModelError, Moment, MomentKind, Operation, OperationId,
    Original, OriginalAdded, Place, Plane, Profile, Reaction, Retract, Role, Sealer, Segments, Verdict, Verified,
    VerifiedFragment, What, Wifi, blob::encode_manifest, codec, fragment::Position, limits,
};
use proptest::prelude::*;

fn keys() -> DeviceKeys {
    DeviceKeys::from_seeds([1; 32], [2; 32])
}

fn epoch() -> EpochSecret {
    EpochSecret::new(EpochId([3; 16]), 0, [4; 32])
}

fn blob(n: u8) -> BlobRef {
    BlobRef { id: BlobId([n; 32]), key: BlobKey([n ^ 0xff; 32]), size: 1_000 + u64::from(n) }
}

fn genesis() -> Genesis {
    Genesis {
        salt: [9; 16],
        title: "Anna & Ben".into(),
        creator: keys().id(),
        creator_sealing: keys().sealing_key(),
        created_ms: 1_700_000_000_000,
        ends_ms: 1_700_086_400_000,
        invite_policy: InvitePolicy::Members,
    }
}

fn moment() -> Moment {
    Moment {
        kind: MomentKind::Live,
        media: MediaId([5; 32]),
        media_type: "image/heic".into(),
        width: 4_032,
        height: 3_024,
        duration_ms: None,
        captured_ms: 1_700_000_001_234,
        offset_min: Some(120),
        camera: Some("Apple iPhone 15".into()),
        file_name: "IMG_0001.HEIC".into(),
        placeholder: vec![1, 2, 3].into(),
        grid: Some(blob(1)),
        screen: Some(blob(2)),
        original: Some(Original {
            media_type: "image/heic".into(),
            size: 1_003,
            segments: Segments::Inline(vec![blob(3)]),
        }),
        motion: Some(Original {
            media_type: "video/quicktime".into(),
            size: 999_999_999,
            segments: Segments::Manifest(blob(4)),
        }),
        place: Some(Place { latitude_e6: 46_558_860, longitude_e6: -7_892_010 }),
        camera_body: Some(CameraBodyId([4; 8])),
    }
}

fn bodies() -> Vec<Body> {
    let invite = InviteKeys::from_seed(&InviteSeed([7; 16]));
    let group = genesis().group_id();
    let vouch = invite.vouch(group, keys().id(), &keys().sealing_key(), Role::Member);
    let target = OperationId([8; 32]);
    vec![
        Body::Genesis(genesis()),
        Body::Profile(Profile { name: "Anna".into(), colour: 3 }),
        Body::InviteGrant(InviteGrant {
            invite: invite.id(),
            tag_key: invite.tag_key.clone(),
            role: Role::Member,
            expires_ms: Some(1_700_000_100_000),
            max_uses: Some(20),
        }),
        Body::InviteClose(InviteClose { invite: invite.id() }),
        Body::Admit(Admit {
            device: keys().id(),
            sealing: keys().sealing_key(),
            role: Role::Member,
            invite: invite.id(),
            vouch,
        }),
        Body::Retract(Retract { target }),
        Body::Moment(moment()),
        Body::OriginalAdded(OriginalAdded { moment: target, original: moment().original.unwrap(), motion: None }),
        Body::Caption(Caption { moment: target, replaces: Some(target), text: "First dance\nat last".into() }),
        Body::Reaction(Reaction { moment: target, emoji: "❤️".into(), on: true }),
        Body::Hold(Hold { moment: target, replaces: Some(target), on: true }),
        Body::ClipOpen(ClipOpen { moment: opened() }),
        Body::ClipClose(ClipClose {
            clip: target,
            media: MediaId([6; 32]),
            original: Original {
                media_type: "video/webm".into(),
                size: 1_003,
                segments: Segments::Inline(vec![blob(3)]),
            },
            duration_ms: 30_000,
            placeholder: vec![1, 2, 3].into(),
            grid: Some(blob(1)),
            screen: Some(blob(2)),
        }),
        Body::CameraClock(CameraClock {
            camera: CameraIdentity {
                author: keys().id(),
                name: Some("NIKON D750".into()),
                body: Some(CameraBodyId([4; 8])),
            },
            shifts: vec![
                ClockShift { offset_ms: -3_780_000, from_ms: None, until_ms: Some(1_700_000_000_000), photo_ms: None },
                ClockShift {
                    offset_ms: 864_000_000,
                    from_ms: Some(1_700_000_000_000),
                    until_ms: None,
                    photo_ms: Some(1_700_000_500_000),
                },
            ],
            replaces: Some(target),
        }),
        Body::GuestPost(guest_post(What::File(guest_file()), Some(Moment { motion: None, ..moment() }))),
        Body::GuestPost(guest_post(What::Retraction(GuestPostId([4; 16])), None)),
        Body::GuestVerdict(GuestVerdict {
            guest: guest_key(),
            post: Some(GuestPostId([4; 16])),
            verdict: Verdict::Approve,
            turn: 2,
        }),
        Body::Unknown(999, vec![0x82, 1, 2]),
    ]
}

fn guest_key() -> GuestKey {
    GuestKey(DeviceKeys::from_seeds([5; 32], [0; 32]).id().0)
}

fn guest_file() -> GuestFile {
    GuestFile {
        hash: [9; 32],
        size: 1_003,
        media_type: "image/heic".into(),
        file_name: "IMG_0001.HEIC".into(),
        captured_ms: 1_700_000_001_234,
        width: 4_032,
        height: 3_024,
        duration_ms: None,
        caption: "By the lake".into(),
        as_it_is: false,
    }
}

fn guest_post(what: What, moment: Option<Moment>) -> GuestPost {
    let (keys, id) = (DeviceKeys::from_seeds([5; 32], [0; 32]), GuestPostId([3; 16]));
    let said = GuestSaid { name: "Zoë".into(), time_ms: 1_700_000_002_000, what }.encode();
    let signature = GuestKey::sign_post(&keys, genesis().group_id(), id, &said);
    GuestPost { guest: guest_key(), id, said: said.into(), signature, review: true, moment }
}

/// What is known of a clip at its beginning.
fn opened() -> Moment {
    Moment {
        kind: MomentKind::Clip,
        media_type: "video/webm".into(),
        file_name: "dance.webm".into(),
        placeholder: Vec::new().into(),
        grid: None,
        screen: None,
        original: None,
        motion: None,
        ..moment()
    }
}

/// The first two fragments of a clip.
fn fragments() -> [VerifiedFragment; 2] {
    let key = epoch().payload_key(Plane::Content).unwrap();
    let author = |at: Position, body: &FragmentBody| {
        at.author(body, &keys(), epoch().id, Sealer { key: &key, nonce: [7; 24] }).unwrap()
    };
    let clip = OperationId([8; 32]);
    let first = author(Position::first(clip), &FragmentBody { blob: blob(1), duration_ms: 0, begins: false });
    let second = author(Position::after(&first), &FragmentBody { blob: blob(2), duration_ms: 1_000, begins: true });
    [first, second]
}

fn author(body: &Body) -> Verified {
    let draft = Draft {
        group: GroupId([6; 32]),
        seq: 1,
        backlink: Some(OperationId([8; 32])),
        time_ms: 1_700_000_002_000,
        epoch: epoch().id,
    };
    let key = epoch().payload_key(body.plane().unwrap_or(Plane::Content)).unwrap();
    draft.author(body, &keys(), Sealer { key: &key, nonce: [7; 24] }).unwrap()
}

fn link() -> InviteLink {
    InviteLink {
        seed: InviteSeed([7; 16]),
        group: GroupId([6; 32]),
        title: "Anna & Ben".into(),
        addresses: vec!["192.168.1.20:4001".parse().unwrap(), "[fd00::1]:4001".parse().unwrap()],
        wifi: Some(Wifi { name: "Party".into(), password: Some("sunset".into()) }),
        role: Role::Member,
    }
}

#[test]
fn bodies_keep_their_encoding() {
    let lines: Vec<String> =
        bodies().iter().map(|body| format!("{:>3} {}", body.kind(), HEXLOWER.encode(&body.encode()))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn operations_keep_their_encoding_and_ids() {
    let lines: Vec<String> = bodies()
        .iter()
        .filter(|body| body.plane().is_some())
        .map(author)
        .map(|operation| format!("{} {}", operation.id(), HEXLOWER.encode(&operation.encode())))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn fragment_records_keep_their_encoding() {
    let lines = fragments().map(|record| format!("{} {}", record.id(), HEXLOWER.encode(&record.encode())));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_fragment_record_opens_for_those_who_hold_the_key_and_names_the_one_before() {
    let [first, second] = fragments();
    let received = Fragment::decode(&second.encode()).unwrap().verify().unwrap();
    let body = received.open(&epoch().payload_key(Plane::Content).unwrap()).unwrap();
    assert_eq!(body, FragmentBody { blob: blob(2), duration_ms: 1_000, begins: true });
    assert_eq!(received.position(), Position { clip: OperationId([8; 32]), index: 1, previous: first.id() });
    let other = epoch().payload_key(Plane::Control).unwrap();
    assert_eq!(received.open(&other), Err(ModelError::DoesNotOpen), "the other plane's key opens nothing");
}

#[test]
fn a_fragment_record_has_limits() {
    for size in [limits::FRAGMENT_BYTES + 1, limits::FRAGMENT_BYTES * 100] {
        assert_eq!(Fragment::decode(&vec![0; size]).unwrap_err(), ModelError::TooLarge { what: "fragment" });
    }
    let key = epoch().payload_key(Plane::Content).unwrap();
    let at = |index, previous| {
        let position = Position { clip: OperationId([8; 32]), index, previous: FragmentId([previous; 32]) };
        let body = FragmentBody { blob: blob(1), duration_ms: 0, begins: false };
        let record = position.author(&body, &keys(), epoch().id, Sealer { key: &key, nonce: [7; 24] }).unwrap();
        Fragment::decode(&record.encode()).map(drop)
    };
    let last = u32::try_from(limits::SEGMENTS).unwrap() - 1;
    assert_eq!(at(last, 1), Ok(()));
    assert_eq!(at(last + 1, 1), Err(ModelError::TooLarge { what: "fragment" }));
    assert_eq!(at(0, 1), Err(ModelError::Invalid { what: "fragment" }), "the first follows the opening");
    assert_eq!(at(1, 8), Err(ModelError::Invalid { what: "fragment" }), "only the first does");
}

#[test]
fn what_a_guest_signed_belongs_to_its_group_and_its_post() {
    let post = guest_post(What::File(guest_file()), Some(Moment { motion: None, ..moment() }));
    post.verify(genesis().group_id()).unwrap();
    assert!(post.verify(GroupId([1; 32])).is_err(), "another group");
    assert!(
        GuestPost { id: GuestPostId([9; 16]), ..post.clone() }.verify(genesis().group_id()).is_err(),
        "another post"
    );
    assert!(
        GuestPost { guest: GuestKey([9; 32]), ..post.clone() }.verify(genesis().group_id()).is_err(),
        "another guest"
    );
    let said = guest_post(What::Retraction(GuestPostId([4; 16])), None).said;
    assert!(GuestPost { said, ..post }.verify(genesis().group_id()).is_err(), "something else");
}

#[test]
fn a_guests_post_has_limits() {
    let check = |post: GuestPost| Body::GuestPost(post).check();
    let whole = Moment { motion: None, ..moment() };
    let file = || What::File(guest_file());
    check(guest_post(file(), Some(whole.clone()))).unwrap();
    assert!(check(guest_post(file(), None)).is_err(), "a file is a moment");
    assert!(check(guest_post(What::Retraction(GuestPostId([1; 16])), Some(whole.clone()))).is_err());
    let early = Moment { original: None, ..whole.clone() };
    assert!(check(guest_post(file(), Some(early.clone()))).is_err(), "without its original its media id is its post's");
    let named = Moment { media: GuestPost::early_media(guest_key(), GuestPostId([3; 16])), ..early };
    check(guest_post(file(), Some(named))).unwrap();
    for name in ["", "a\u{202e}b", "two\nlines", &"x".repeat(65)] {
        let said = GuestSaid { name: name.into(), time_ms: 0, what: What::Retraction(GuestPostId([1; 16])) };
        assert!(GuestSaid::decode(&said.encode()).is_err(), "{name:?}");
    }
    let large = GuestFile { size: limits::FILE_BYTES + 1, ..guest_file() };
    assert!(check(guest_post(What::File(large), Some(whole.clone()))).is_err());
    let longest = GuestFile { caption: "😀".repeat(limits::CAPTION_CHARS), ..guest_file() };
    check(guest_post(What::File(longest), Some(whole))).unwrap();
    let verdict = GuestVerdict { guest: guest_key(), post: None, verdict: Verdict::Approve, turn: 0 };
    assert!(Body::GuestVerdict(verdict).check().is_err(), "what is approved is a post");
}

#[test]
fn an_opened_clip_names_no_bytes() {
    let opens = |moment| Body::ClipOpen(ClipOpen { moment }).check().is_ok();
    assert!(opens(opened()));
    assert!(!opens(moment()), "a whole moment is none");
    assert!(!opens(Moment { grid: Some(blob(1)), ..opened() }));
    assert!(!opens(Moment { kind: MomentKind::Photo, ..opened() }));
}

#[test]
fn the_key_schedule_keeps_its_values() {
    let secret = GroupSecret([1; 32]);
    let mut media = secret.media_hasher();
    media.update(b"a photo");
    let invite = InviteKeys::from_seed(&InviteSeed([7; 16]));
    let lines = [
        format!("group id     {}", genesis().group_id()),
        format!("topic        {}", secret.topic()),
        format!("media id     {}", media.finish()),
        format!("blob key     {}", HEXLOWER.encode(&secret.blob_key(blake3::hash(b"a photo").as_bytes()).0)),
        format!("control key  {}", HEXLOWER.encode(&epoch().payload_key(Plane::Control).unwrap().bytes())),
        format!("content key  {}", HEXLOWER.encode(&epoch().payload_key(Plane::Content).unwrap().bytes())),
        format!("epoch tag    {}", HEXLOWER.encode(&epoch().tag_key().tag(&[1; 8], b"peer"))),
        format!("epoch proof  {}", HEXLOWER.encode(&epoch().tag_key().prove(&[b"hello"]))),
        format!("invite id    {}", invite.id()),
        format!("invite tag   {}", HEXLOWER.encode(&invite.tag_key.tag(&[1; 8], b"peer"))),
        format!("device id    {}", keys().id()),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_link_keeps_its_text() {
    insta::assert_snapshot!(link().to_text());
    assert_eq!(InviteLink::parse(&link().to_qr_text()).unwrap(), link(), "the QR code's upper case says the same");
    assert_eq!(InviteLink::parse(&format!("  {}\n", link().to_text())).unwrap(), link());
}

#[test]
fn a_sealed_blob_keeps_its_id() {
    let secret = GroupSecret([1; 32]);
    let mut bytes = b"a photo".to_vec();
    let blob = BlobRef::seal(&secret, &mut bytes);
    insta::assert_snapshot!(format!("{} {} {}", blob.id, HEXLOWER.encode(&blob.key.0), HEXLOWER.encode(&bytes)));
    blob.open(&secret, &mut bytes).unwrap();
    assert_eq!(bytes, b"a photo");
}

#[test]
fn every_body_survives_sealing_and_opening() {
    for body in bodies().into_iter().filter(|body| body.plane().is_some()) {
        let received = Operation::decode(&author(&body).encode()).unwrap().verify().unwrap();
        let key = epoch().payload_key(body.plane().unwrap()).unwrap();
        assert_eq!(received.open(&key).unwrap(), body);
        let other = EpochSecret::new(EpochId([3; 16]), 0, [5; 32]).payload_key(body.plane().unwrap()).unwrap();
        assert_eq!(received.open(&other), Err(ModelError::DoesNotOpen), "another epoch's key opens nothing");
    }
}

#[test]
fn a_retracted_operation_still_verifies_and_has_its_id() {
    let operation = author(&bodies()[6]);
    let (id, bare) = (operation.id(), operation.without_payload());
    let received = Operation::decode(&bare.encode()).unwrap().verify().unwrap();
    assert_eq!(received.id(), id);
    assert_eq!(received.open(&epoch().payload_key(Plane::Content).unwrap()), Err(ModelError::Retracted));
}

#[test]
fn an_unknown_kind_is_kept_as_it_is() {
    let body = Body::Unknown(999, vec![0x82, 1, 2]);
    assert_eq!(Body::decode(&body.encode()).unwrap(), body);
}

#[test]
fn limits_hold_at_the_limit_and_beyond() {
    let caption = |n| Body::Caption(Caption { moment: OperationId([8; 32]), replaces: None, text: "x".repeat(n) });
    assert!(caption(limits::CAPTION_CHARS).check().is_ok());
    assert!(caption(limits::CAPTION_CHARS + 1).check().is_err());
    assert!(caption(limits::CAPTION_CHARS * 100).check().is_err());
    let name = |n| Body::Profile(Profile { name: "x".repeat(n), colour: 0 });
    assert!(name(limits::NAME_CHARS).check().is_ok());
    assert!(name(limits::NAME_CHARS + 1).check().is_err());
    for size in [limits::OPERATION_BYTES + 1, limits::OPERATION_BYTES * 100] {
        assert_eq!(Operation::decode(&vec![0; size]).unwrap_err(), ModelError::TooLarge { what: "operation" });
    }
    let named = |file_name: &str| Body::Moment(Moment { file_name: file_name.into(), ..moment() }).check().is_ok();
    assert!(named("IMG 1.jpg"));
    for path in ["../x.jpg", "a/b.jpg", "a\\b.jpg", ".hidden", "C:x", "a\u{202e}gpj"] {
        assert!(!named(path), "{path} is no name");
    }
}

#[test]
fn a_manifest_must_add_up() {
    let segments = vec![blob(1), blob(2)];
    let original = Original { media_type: "video/mp4".into(), size: 2_003, segments: Segments::Manifest(blob(9)) };
    assert_eq!(original.read_manifest(&encode_manifest(&segments)).unwrap(), segments);
    let other = Original { size: 2_004, ..original };
    assert!(other.read_manifest(&encode_manifest(&segments)).is_err());
}

#[test]
fn a_newer_link_is_called_newer() {
    let text = link().to_text();
    let code =
        data_encoding::BASE32_NOPAD.decode(text.rsplit('/').next().unwrap().to_ascii_uppercase().as_bytes()).unwrap();
    let mut newer = code;
    assert_eq!(newer[2], 1, "the version stands third");
    newer[2] = 2;
    let newer = format!("afterglow://join/{}", data_encoding::BASE32_NOPAD.encode(&newer));
    assert_eq!(InviteLink::parse(&newer), Err(ModelError::UnknownVersion { what: "invite link", version: 2 }));
    assert!(matches!(InviteLink::parse("https://example.org"), Err(ModelError::Malformed { .. })));
}

proptest! {
    #[test]
    fn decoders_survive_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Operation::decode(&bytes).map(Operation::verify);
        let _ = Body::decode(&bytes);
        let _ = Fragment::decode(&bytes).map(Fragment::verify);
        let _ = codec::decode::<Vec<BlobRef>>(&bytes, "list");
        let _ = InviteLink::parse(&String::from_utf8_lossy(&bytes));
        let _ = InviteLink::parse(&format!("afterglow://join/{}", data_encoding::BASE32_NOPAD.encode(&bytes)));
    }

    #[test]
    fn one_flipped_bit_breaks_an_operation(which in 0usize..9, bit in any::<prop::sample::Index>()) {
        let operation = author(&bodies()[which]);
        let mut bytes = operation.encode();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let same = Operation::decode(&bytes).and_then(Operation::verify).is_ok();
        prop_assert!(!same, "bit {bit} is covered by nothing");
    }

    #[test]
    fn one_flipped_bit_breaks_a_fragment_record(which in 0usize..2, bit in any::<prop::sample::Index>()) {
        let mut bytes = fragments()[which].encode();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let same = Fragment::decode(&bytes).and_then(Fragment::verify).is_ok();
        prop_assert!(!same, "bit {bit} is covered by nothing");
    }

    #[test]
    fn a_range_of_a_blob_opens_alone(bytes in prop::collection::vec(any::<u8>(), 1..5_000), cut in any::<prop::sample::Index>()) {
        let secret = GroupSecret([1; 32]);
        let mut sealed = bytes.clone();
        let blob = BlobRef::seal(&secret, &mut sealed);
        let at = cut.index(bytes.len());
        blob.key.apply(at as u64, &mut sealed[at..]);
        prop_assert_eq!(&sealed[at..], &bytes[at..]);
    }
}
