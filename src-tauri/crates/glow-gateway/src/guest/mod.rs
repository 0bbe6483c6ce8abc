//! The guest door: a group's timeline in the browser of whoever scans its QR code, over plain HTTP on the local network.
//!
//! Participants: a **page** (the files of `ui/dist/guest.html`, served by this door or by another of the same group), a **door** (this
//! listener: one a group, on all addresses and a port of its own, with nothing of the owner's page behind it) and the engine
//! behind it, which decides what a guest may.
//!
//! Goals: one who listens on the Wi-Fi reads neither names nor texts nor pictures, cannot tell what was asked, and cannot send
//! anything in a guest's name; a page is let in only when it knows the secret; a guest's upload survives a reload, a gap in the
//! Wi-Fi, a restart of the door's device and a change of doors, and counts once. No goal: to withstand one who *alters* the page
//! on its way (plain HTTP cannot; the owner is told so before the door opens), and to hide addresses, sizes and times.
//!
//! # The secret
//!
//! The QR code holds `http://<address>:<port>/g#<secret>`, the secret being 128 bits as 32 lower-case hex digits. A browser keeps the
//! fragment to itself. A link that moves a guest to another door by hand may add its key: `#<secret>.<seed of the guest's key, 64
//! hex digits>`; the page adopts it and removes it from the address.
//!
//! All keys come from HKDF-SHA256 (RFC 5869), all proofs are HMAC-SHA256. `‖` joins bytes, texts are their UTF-8 bytes, numbers are
//! big-endian. Ids, keys and signatures in JSON are lower-case hex.
//!
//! ```text
//! door    = HKDF(salt "afterglow guest v1", key the 16 bytes of the secret)
//!   door id        = door.expand("door id", 16)          public: tells doors apart
//!   proof key      = door.expand("door proof", 32)
//!   session root   = door.expand("session root", 32)
//! ```
//!
//! # Coming in
//!
//! Two requests; both bodies and both answers are JSON. Each side takes part with a fresh X25519 key, which is its nonce as well, so
//! that neither another guest with the same QR code nor one who learns the secret later reads a session.
//!
//! ```text
//! POST /g/knock  { "door": door id, "key": page's X25519 public key }    ->  { "key": door's X25519 public key }
//! POST /g/enter  { "key": page's public key, "proof": proof of the page }  ->  { "session": session id, "proof": proof of the door }
//!
//! both           = door id (16) ‖ page's public key (32) ‖ door's public key (32)
//! proof of page  = HMAC(proof key, "page" ‖ both)
//! proof of door  = HMAC(proof key, "door" ‖ both)        the page checks it before it says anything
//!
//! session = HKDF(salt "afterglow guest session v1" ‖ page's public key ‖ door's public key,
//!                key session root (32) ‖ X25519 shared secret (32))
//!   to door        = session.expand("page to door", 32)
//!   to page        = session.expand("door to page", 32)
//!   bytes          = session.expand("bytes", 32)
//!   session id     = session.expand("session id", 16)    public: stands in the paths
//!   binding        = session.expand("session binding", 32)
//! ```
//!
//! A knock waits 30 s for its `enter` and is good once. Shared secrets of zero are refused. Errors are `{ "code", "args",
//! "message" }` as everywhere: 404 `unknown_door` (another or a closed door: the QR code is old), 403 `not_allowed` (a wrong proof),
//! 429 `try_later` with `Retry-After` (too many wrong proofs, knocks, sessions or connections).
//!
//! # The channel
//!
//! A session has one stream of frames in each direction. Frames are numbered from 0; each is accepted once and in order.
//!
//! ```text
//! frame = number (8) ‖ XChaCha20-Poly1305(key of the direction, nonce 16 zero bytes ‖ number (8), associated data session id (16), message)
//! ```
//!
//! | route | |
//! |---|---|
//! | `GET /g/<session>/socket` | WebSocket: binary messages, one frame each, both ways |
//! | `GET /g/<session>/events` | server-sent events, where there is no WebSocket: `data:` is one frame to the page, base64 |
//! | `POST /g/<session>/send` | beside it: the body is one frame to the door; 204, its answer comes as an event |
//!
//! One of both at a time. When the stream to the page ends the session has ended with it, and the page comes in anew: that takes two
//! requests, and nothing that matters hangs on a session. A frame that does not open, came before or comes too early changes nothing:
//! over POST it is answered by 403 `not_allowed`, or by 409 `out_of_order` with `args.next` (the number that is awaited: a page that heard no answer to a
//! POST learns whether its frame came); over the WebSocket the connection is closed. Comments (`:`) and pings keep both alive, every 20 s.
//!
//! A message to the door is at most 64 KiB, to the page 2 MiB. They are JSON (UTF-8):
//!
//! ```text
//! to the door   { "id": number chosen by the page, "call": "timeline.page", "args": { ... } }
//! to the page   { "id": the same number, "reply": { ... } }    or  { "id": ..., "error": { "code", "args", "message" } }
//!               { "event": { "event": "timeline_changed", ... } }
//!               { "end": "closed" | "expired" | "blocked" | "replaced" }      the last message: why the session ends
//! ```
//!
//! Calls, arguments, replies and events are those of `glow-api` (`ui/src/ipc/contract.ts`); answers may come in another order than
//! questions, at most 16 are in work. A guest may call: `guest.enter` first, then `timeline.page` (at most 200 moments), `timeline.buckets`,
//! `moment.get`, `screen.get`, `guest.media`, `guest.say`, `guest.upload`, `guest.show`, `guest.finish`, `guest.abort`. The engine answers
//! everything else with `not_allowed`. Events that concern a guest: `timeline_changed`, `guests_changed` (call `guest.enter` again: rights
//! or other doors are different), `lagged` (ask again for everything shown).
//!
//! `guest.enter { key, name, proof }`: the guest's Ed25519 public key, its name, and its signature over
//! `"afterglow v1 guest session" ‖ 00 ‖ binding`. The reply says which group this is, what the guest may, what is left of its quota, and which other
//! doors are open (keep them: they are where to go when this one is gone).
//!
//! # Pictures
//!
//! `guest.media { group, moments, part, from? }` tells for up to 200 moments of which sealed blobs a part consists, each `{ id, key, size }`, in order. The page
//! fetches them and opens them itself:
//!
//! ```text
//! GET /g/<session>/blob/<id>       the sealed bytes, with ranges; 404 `not_here` while they have not arrived here
//! open = ChaCha20 (RFC 8439), key of the blob, nonce 12 zero bytes, counter 0 at the blob's first byte
//! ```
//!
//! A range opens without the bytes before it (counter = offset / 64, skip offset mod 64). `id` is BLAKE3 of the sealed bytes: a page
//! checks it before it shows or keeps anything. A part is the blobs' opened bytes one after another. Only blobs of moments that the
//! guest may see are served.
//!
//! # Posting
//!
//! The guest signs what it says; `said` is deterministic CBOR (RFC 8949 §4.2.1) with numbered fields, absent fields left out, and
//! only the canonical spelling is accepted. All maps have the keys in rising order, all lengths are definite, numbers as short as possible.
//!
//! ```text
//! said       = { 0: name (text), 1: time in ms (uint), and one of
//!                2: file, 3: reaction, 4: id of an own post that is to go (bytes 16) }
//! file       = { 0: BLAKE3 of the file (bytes 32), 1: size (uint), 2: media type (text), 3: file name (text), 4: captured in ms (uint),
//!                5: width (uint), 6: height (uint), 7: duration in ms (uint, clips only), 8: caption (text, may be empty),
//!                9: may be shared as it is although its format cannot be proved free of places (bool) }
//! reaction   = { 0: moment (bytes 32), 1: emoji (text), 2: on (bool) }
//! signature  = Ed25519(guest's key, "afterglow v1 guest post" ‖ 00 ‖ group id (32) ‖ id (16) ‖ said)
//! ```
//!
//! `id` is 16 random bytes, chosen once for each thing said and kept with the file until it is done: by guest key and id the same post is one post,
//! whichever door it came through. Names, captions and file names are NFC without control and bidi characters, within the
//! limits of `glow-model` (a name 64 characters, a caption 2,000, a file name 255 bytes); an unknown size is 0, an unknown type `application/octet-stream`.
//!
//! `guest.say { id, said, signature }` says a reaction or takes an own post back.
//!
//! # Uploads
//!
//! 1. `guest.upload { id, said, signature }` begins a file or goes on with it, at any time and at any door: the reply says which chunks are missing here, or
//!    that the post is `done`. It also is the question how far it is.
//! 2. `PUT /g/<session>/bytes/<id>/grid`, `.../screen` or both: a picture that the page made of the file, to be shown before it and where
//!    the door cannot decode it: JPEG, PNG or WebP, at most 1 MiB, best about 1,600 px wide (a small one sooner, a large one after it). The door
//!    makes its own previews of the larger one.
//! 3. `guest.show { id }`: the previews go to everyone before the original has come. Optional.
//! 4. `PUT /g/<session>/bytes/<id>/<n>`: chunk n from 0, 256 KiB each, the last one shorter; in any order, a few at once, again without harm.
//! 5. `guest.finish { id }`: the door compares size and BLAKE3, makes the moment, and says which. With `needs_choice` the original waits for a
//!    `guest.finish { id, said, signature }` whose said has field 9 true (share as it is), or false again (previews only).
//!
//! `guest.abort { id }` forgets what came.
//!
//! ```text
//! body of a PUT = nonce (24, random) ‖ XChaCha20-Poly1305(bytes, nonce, associated data "<id in hex>/<grid, screen or n in decimal>", plaintext)
//! ```
//!
//! Answered by 204; 403 when it does not open or the guest may not, 404 `unknown_upload` (call `guest.upload` again), 413 when it is longer than it may be, 507 `disk_full`. What came twice is the same bytes
//! in the same place, so repeating a recorded PUT changes nothing.
//!
//! # Another door
//!
//! When the door does not answer, the page takes the next of the doors it was told, comes in there with that door's secret and its own guest key,
//! and calls `guest.upload` for every file that is not `done`, with the same id and the same signed bytes. It stays the page it is: a door answers pages whose origin is an
//! open door of the same group that its member told of (CORS for these origins alone, without credentials), besides its own.
//!
//! # Fence
//!
//! `Host` must be the very address and port that the connection came to, `Origin` the door's own or that of another door of the group, else 421 and 403. Heads must
//! come within 10 s and are at most 16 KiB; bodies have a length, a limit for each route checked before anything is read, and 20 s;
//! an answer of which nothing is taken for 30 s is given up; connections are limited in all, by address and by IPv6 network. A session
//! says 120 reactions and takings back at once and then one in 3 s, else `try_later`. Vectors that both sides test against: `tests/guest_vectors.json`.

mod bytes;
mod channel;
mod door;
mod doors;
mod entering;
mod files;
mod keys;
mod pace;
mod session;
mod streams;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod visitor;

pub use doors::GuestDoors;
pub use visitor::GuestVisitor;
