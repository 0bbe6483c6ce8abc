//! The vectors that both sides of the door test against: `tests/guest_vectors.json`, written with `UPDATE_GUEST_VECTORS=1`.
#![allow(clippy::unwrap_used)]

use data_encoding::HEXLOWER;
use glow_model::{
    BlobRef, DeviceKeys, GroupId, GroupSecret, GuestFile, GuestKey, GuestPostId, GuestSaid, OperationId, Reaction, What,
};
use serde_json::{Value, json};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{
    channel::{Refused, Stream, open_bytes, seal_bytes},
    keys::{BothKeys, DoorKeys, SessionKeys},
};

#[test]
fn the_committed_vectors_are_what_this_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guest_vectors.json");
    let wanted = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GUEST_VECTORS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "the page and this code would not understand each other: look at every difference");
}

#[test]
fn both_sides_derive_the_same_session() {
    let (door, page, own) = cast();
    let both = BothKeys { page: PublicKey::from(&page).to_bytes(), door: PublicKey::from(&own).to_bytes() };
    let at_door = SessionKeys::new(&door, &own, &both).unwrap();
    let at_page = SessionKeys::new(&door, &page, &both).unwrap();
    assert_eq!(at_door.binding, at_page.binding);
    // Once more, written as the page writes it.
    let shared = page.diffie_hellman(&PublicKey::from(&own));
    let salt =
        [b"afterglow guest session v1".as_slice(), PublicKey::from(&page).as_bytes(), PublicKey::from(&own).as_bytes()]
            .concat();
    let key = [hkdf(b"afterglow guest v1", &SECRET, "session root", 32), shared.as_bytes().to_vec()].concat();
    assert_eq!(at_door.to_page.as_slice(), hkdf(&salt, &key, "door to page", 32));
    assert_eq!(at_door.id.as_slice(), hkdf(&salt, &key, "session id", 16));
    assert_ne!(at_door.to_door, at_door.to_page);
}

#[test]
fn a_page_without_the_secret_is_not_admitted() {
    let (door, page, own) = cast();
    let keys = BothKeys { page: PublicKey::from(&page).to_bytes(), door: PublicKey::from(&own).to_bytes() };
    let other = DoorKeys::new(&[8; 16]);
    assert!(!door.admits(&keys, &other.answer(&keys)), "another secret");
    assert!(!door.admits(&keys, &door.answer(&keys)), "the door's own proof sent back");
    assert!(!door.admits(&keys, b""), "none");
    let low = BothKeys { page: [0; 32], ..keys };
    assert!(SessionKeys::new(&door, &own, &low).is_none(), "a key of low order leaves no secret");
}

#[test]
fn a_frame_is_taken_once_in_order_and_unaltered() {
    let (mut here, mut there) = (Stream::new(&[1; 32], [2; 16]), Stream::new(&[1; 32], [2; 16]));
    let frames = [there.seal(b"one"), there.seal(b"two"), there.seal(b"three")];
    assert_eq!(here.open(&frames[1]), Err(Refused::OutOfOrder { next: 0 }), "reordered");
    assert_eq!(here.open(&frames[0]), Ok(b"one".to_vec()));
    assert_eq!(here.open(&frames[0]), Err(Refused::OutOfOrder { next: 1 }), "replayed");
    let mut altered = frames[1].clone();
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(here.open(&altered), Err(Refused::DoesNotOpen));
    let mut renumbered = frames[2].clone();
    renumbered[..8].copy_from_slice(&1_u64.to_be_bytes());
    assert_eq!(here.open(&renumbered), Err(Refused::DoesNotOpen), "a frame is bound to its number");
    assert_eq!(here.open(b"short"), Err(Refused::DoesNotOpen));
    let mut elsewhere = Stream::new(&[1; 32], [3; 16]);
    assert_eq!(elsewhere.open(&frames[0]), Err(Refused::DoesNotOpen), "a frame is bound to its session");
    assert_eq!(here.open(&frames[1]), Ok(b"two".to_vec()), "what was refused changed nothing");
}

const SECRET: [u8; 16] = [7; 16];

fn cast() -> (DoorKeys, StaticSecret, StaticSecret) {
    (DoorKeys::new(&SECRET), StaticSecret::from([0x11; 32]), StaticSecret::from([0x22; 32]))
}

fn hkdf(salt: &[u8], key: &[u8], label: &str, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), key).expand(label.as_bytes(), &mut out).unwrap();
    out
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn vectors() -> Value {
    let (door, page, own) = cast();
    let keys = BothKeys { page: PublicKey::from(&page).to_bytes(), door: PublicKey::from(&own).to_bytes() };
    let session = SessionKeys::new(&door, &own, &keys).unwrap();
    let proof_key = hkdf(b"afterglow guest v1", &SECRET, "door proof", 32);
    let page_proof = door.ask(&keys);
    assert!(door.admits(&keys, &page_proof));
    json!({
        "secret": hex(SECRET),
        "door_id": hex(door.id),
        "proof_key": hex(&proof_key),
        "session_root": hex(hkdf(b"afterglow guest v1", &SECRET, "session root", 32)),
        "page_private": hex(page.to_bytes()),
        "page_public": hex(keys.page),
        "door_private": hex(own.to_bytes()),
        "door_public": hex(keys.door),
        "shared": hex(page.diffie_hellman(&PublicKey::from(&own)).as_bytes()),
        "proof_of_page": hex(page_proof),
        "proof_of_door": hex(door.answer(&keys)),
        "session": {
            "id": hex(session.id),
            "to_door": hex(session.to_door.as_slice()),
            "to_page": hex(session.to_page.as_slice()),
            "bytes": hex(session.bytes.as_slice()),
            "binding": hex(session.binding),
        },
        "frames_to_door": frames(&session.to_door, session.id, [r#"{"id":1,"call":"timeline.page","args":{"limit":50}}"#, "{}"]),
        "frames_to_page": frames(&session.to_page, session.id, [r#"{"id":1,"reply":{"name":"Zoë"}}"#, r#"{"end":"closed"}"#]),
        "bytes": [sealed(&session, "0", &[0xAB; 70]), sealed(&session, "grid", b"not a picture")],
        "guest": guest(&session),
        "blob": blob(),
    })
}

fn frames(key: &[u8; 32], session: [u8; 16], messages: [&str; 2]) -> Value {
    let mut stream = Stream::new(key, session);
    messages
        .map(|message| json!({ "message": message, "frame": hex(stream.seal(message.as_bytes())) }))
        .into_iter()
        .collect()
}

fn sealed(session: &SessionKeys, part: &str, plain: &[u8]) -> Value {
    let (post, nonce) = (hex([0x44; 16]), [0x33; 24]);
    let place = format!("{post}/{part}");
    let body = seal_bytes(&session.bytes, &place, nonce, plain);
    assert_eq!(open_bytes(&session.bytes, &place, &body).as_deref(), Some(plain));
    assert_eq!(open_bytes(&session.bytes, "elsewhere", &body), None, "a piece is bound to its place");
    json!({ "place": place, "nonce": hex(nonce), "plain": hex(plain), "body": hex(body) })
}

fn guest(session: &SessionKeys) -> Value {
    let keys = DeviceKeys::from_seeds([0x55; 32], [0; 32]);
    let key = GuestKey(keys.id().0);
    let proof = GuestKey::sign_session(&keys, &session.binding);
    key.verify_session(&session.binding, &proof).unwrap();
    let photo = GuestFile {
        hash: blake3::hash(b"a photo").into(),
        size: 3_000_000,
        media_type: "image/jpeg".into(),
        file_name: "IMG 0001.jpg".into(),
        captured_ms: 1_764_268_000_123,
        width: 4_032,
        height: 3_024,
        duration_ms: None,
        caption: "Füße im Sand\nund so weiter".into(),
        as_it_is: false,
    };
    let clip = GuestFile {
        media_type: "video/mp4".into(),
        file_name: String::new(),
        duration_ms: Some(12_500),
        caption: String::new(),
        as_it_is: true,
        ..photo.clone()
    };
    let reaction = Reaction { moment: OperationId([0x66; 32]), emoji: "❤️".into(), on: true };
    let said =
        [What::File(photo), What::File(clip), What::Reaction(reaction), What::Retraction(GuestPostId([0x44; 16]))];
    let posts: Vec<Value> = said.into_iter().zip(1_u8..).map(|(what, number)| post(&keys, key, what, number)).collect();
    json!({ "seed": hex([0x55; 32]), "key": key.to_string(), "session_proof": hex(proof), "posts": posts })
}

fn post(keys: &DeviceKeys, key: GuestKey, what: What, number: u8) -> Value {
    let (group, id) = (GroupId([0x77; 32]), GuestPostId([number; 16]));
    let fields = format!("{what:?}");
    let said = GuestSaid { name: "Zoë".into(), time_ms: 1_764_268_100_000, what }.encode();
    let signature = GuestKey::sign_post(keys, group, id, &said);
    key.verify_post(group, id, &said, &signature).unwrap();
    GuestSaid::decode(&said).unwrap();
    json!({
        "what": fields,
        "name": "Zoë",
        "time_ms": 1_764_268_100_000_u64,
        "group": group.to_string(),
        "id": id.to_string(),
        "said": hex(said),
        "signature": hex(signature),
    })
}

fn blob() -> Value {
    let plain: Vec<u8> = (0..300_u16).map(|n| (n % 251) as u8).collect();
    let mut bytes = plain.clone();
    let blob = BlobRef::seal(&GroupSecret([0x88; 32]), &mut bytes);
    json!({
        "id": blob.id.to_string(),
        "key": hex(blob.key.0),
        "size": blob.size,
        "sealed": hex(&bytes),
        "plain": hex(&plain),
        "range": { "offset": 130, "plain": hex(&plain[130..200]) },
    })
}
