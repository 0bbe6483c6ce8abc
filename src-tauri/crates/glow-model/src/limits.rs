//! Every size that a peer or a person can choose, in one place. Checked before allocation.

/// An operation on the wire: header, signature and sealed payload.
pub const OPERATION_BYTES: usize = 16 * 1024;
/// A sealed payload inside an operation.
pub const PAYLOAD_BYTES: usize = OPERATION_BYTES - 512;
/// A state on the wire: header, signature and sealed value.
pub const STATE_BYTES: usize = 8 * 1024;
/// A value that a state tells inside itself; a longer one stands in a blob.
pub const STATE_INLINE_BYTES: usize = STATE_BYTES - 512;
/// A value of a state that stands in a blob.
pub const SHEET_BYTES: usize = 256 * 1024;
/// Slots of a device's states, those of newer versions included.
pub const STATE_SLOTS: u8 = 16;
/// A frame of a control stream: handshake, reconciliation, requests.
pub const CONTROL_FRAME_BYTES: usize = 64 * 1024;
/// A frame of a bulk stream: operations in batches, pieces of blobs with their proofs.
pub const BULK_FRAME_BYTES: usize = 1024 * 1024;
/// A gossip message.
pub const GOSSIP_BYTES: usize = 32 * 1024;
/// A device's name, in characters.
pub const NAME_CHARS: usize = 64;
/// A group's title, in characters.
pub const TITLE_CHARS: usize = 100;
/// A Wi-Fi's name, in bytes.
pub const WIFI_NAME_BYTES: usize = 32;
/// A Wi-Fi's password, in bytes.
pub const WIFI_PASSWORD_BYTES: usize = 63;
/// A caption, in characters.
pub const CAPTION_CHARS: usize = 2_000;
/// An emoji of a reaction, in bytes.
pub const EMOJI_BYTES: usize = 32;
/// A file's name, in bytes.
pub const FILE_NAME_BYTES: usize = 255;
/// A camera's make and model, in characters.
pub const CAMERA_CHARS: usize = 100;
/// A media type such as `image/jpeg`, in bytes.
pub const MEDIA_TYPE_BYTES: usize = 64;
/// A placeholder (thumbhash), in bytes.
pub const PLACEHOLDER_BYTES: usize = 64;
/// A grid preview, in bytes.
pub const GRID_PREVIEW_BYTES: u64 = 128 * 1024;
/// A screen preview, in bytes.
pub const SCREEN_PREVIEW_BYTES: u64 = 1024 * 1024;
/// The longer side of a screen preview, in pixels.
pub const SCREEN_PREVIEW_PIXELS: u32 = 2_048;
/// The longer side of a photo or clip that a moment may claim, in pixels.
pub const MEDIA_PIXELS: u32 = 1 << 17;
/// A photo, in bytes.
pub const PHOTO_BYTES: u64 = 200 * 1024 * 1024;
/// A clip or another file, in bytes.
pub const FILE_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// A segment of an original, in bytes: one sealed blob.
pub const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
/// Segments that stand in an operation; more go to a manifest blob.
pub const INLINE_SEGMENTS: usize = 16;
/// Segments of the largest original: a file of 16 GiB has 2,048, a recording one for each second of four hours and a half.
pub const SEGMENTS: usize = 16_384;
/// A fragment record on the wire.
pub const FRAGMENT_BYTES: usize = 1_024;
/// A manifest blob, in bytes: at most 90 a segment.
pub const MANIFEST_BYTES: u64 = 90 * SEGMENTS as u64;
/// Members of a group.
pub const MEMBERS: usize = 1_000;
/// Groups active at once.
pub const ACTIVE_GROUPS: usize = 4;
/// Groups stored on a device.
pub const STORED_GROUPS: usize = 500;
/// Epochs of a group.
pub const EPOCHS: usize = 1_000;
/// An author's sequence number.
pub const SEQUENCE: u64 = 100_000;
/// A time in a header, in milliseconds since the Unix epoch.
pub const TIME_MS: u64 = 1 << 53;
/// Addresses in an invite.
pub const INVITE_ADDRESSES: usize = 4;
/// An invite link, in bytes.
pub const INVITE_LINK_BYTES: usize = 1_024;
/// Invites of a group.
pub const INVITES: usize = 1_000;
/// Operations of an admission chain shown at the door.
pub const ADMISSION_CHAIN: usize = 64;
/// Connections of a desktop.
pub const CONNECTIONS: u32 = 96;
/// Connections that have not passed the door.
pub const PENDING_CONNECTIONS: u32 = 64;
/// Connections from one address that have not passed the door.
pub const PENDING_PER_ADDRESS: u32 = 8;
/// How long the door waits for the other side, in milliseconds.
pub const DOOR_MS: u64 = 5_000;
/// Streams a connection may have open.
pub const STREAMS_PER_CONNECTION: usize = 64;
/// Requests in flight to one peer.
pub const REQUESTS_PER_PEER: usize = 16;
/// Operations of authors not yet known, kept until their admission arrives.
pub const WAITING_OPERATIONS: usize = 1_000;
/// Edits of one caption.
pub const CAPTION_EDITS: usize = 200;
/// Settings of one camera's clock that follow each other.
pub const CLOCK_EDITS: usize = 200;
/// Ranges of one camera's times that are corrected differently.
pub const CLOCK_SHIFTS: usize = 16;
/// By how much a camera's clock can be off, in milliseconds: a hundred years.
pub const CLOCK_SHIFT_MS: u64 = 100 * 366 * 24 * 60 * 60 * 1000;
/// A record of a bundle, in bytes: an operation, a fragment record, or a piece of a blob with its proof.
pub const BUNDLE_RECORD_BYTES: usize = 272 * 1024;
/// A piece of a blob with its proof, as it stands in a bundle.
pub const BUNDLE_SLICE_BYTES: usize = 264 * 1024;
/// Files that one import may take in.
pub const IMPORT_FILES: usize = 100_000;
/// Folders inside folders that an import looks into.
pub const IMPORT_DEPTH: usize = 32;
/// The manifest of an exported album that an import reads, in bytes.
pub const ALBUM_MANIFEST_BYTES: u64 = 256 * 1024 * 1024;
/// A metadata file beside a photo that an import reads, in bytes.
pub const SIDECAR_BYTES: u64 = 1024 * 1024;
/// Failures that the receipt of an import names; more are counted.
pub const IMPORT_FAILURES: usize = 100;
/// Holds of one moment by its author, and by hosts.
pub const HOLD_EDITS: usize = 200;
/// Copies of one moment that a box may print at once.
pub const PRINT_COPIES: u32 = 10;
/// Pages that a box may print in a day.
pub const PRINT_PAGES: u32 = 1_000;
/// A file that a camera uploads, in bytes.
pub const SPOOL_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Files that wait in the spool of a camera's uploads, those on their way in included.
pub const SPOOL_FILES: usize = 500;
/// What the spool may hold, in bytes.
pub const SPOOL_BYTES: u64 = 32 * 1024 * 1024 * 1024;
/// Uploads on their way in at once.
pub const SPOOL_UPLOADS: usize = 16;
/// Uploads that could not be added and are kept for a person to look at; a further one ends the oldest.
pub const SPOOL_BAD_FILES: usize = 100;
/// Free space on the disk below which originals wait, and which uploads of cameras and guests leave free, in bytes.
pub const LOW_DISK_BYTES: u64 = 500 * 1024 * 1024;
/// What a guest signs at once, in bytes: a caption of the longest kind fits.
pub const GUEST_SAID_BYTES: usize = 10 * 1024;
/// A message from a guest's page, sealed.
pub const GUEST_MESSAGE_BYTES: usize = 64 * 1024;
/// A message to a guest's page, before it is sealed.
pub const GUEST_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// A piece of a guest's file, in bytes; only the last of a file is shorter.
pub const GUEST_CHUNK_BYTES: u64 = 256 * 1024;
/// What sealing adds to a piece or a preview: a nonce and a tag.
pub const GUEST_SEAL_BYTES: u64 = 24 + 16;
/// Moments in one answer to a guest.
pub const GUEST_PAGE: u32 = 200;
/// Blobs told in one answer to a guest.
pub const GUEST_BLOBS: usize = 4_096;
/// Sessions of one door at once; a further one ends the one that was quiet for longest.
pub const GUEST_SESSIONS: usize = 512;
/// Knocks that wait for their second half, in all and from one address.
pub const GUEST_KNOCKS: usize = 256;
/// Knocks from one address that wait for their second half.
pub const GUEST_KNOCKS_PER_ADDRESS: usize = 16;
/// Wrong proofs from one address within a minute, after which it is not heard for that minute.
pub const GUEST_GUESSES: usize = 10;
/// Connections to one door.
pub const GUEST_CONNECTIONS: usize = 768;
/// Connections to one door from one address: a browser keeps six, and phones behind one router share it.
pub const GUEST_CONNECTIONS_PER_ADDRESS: usize = 64;
/// Files that one guest may have begun and not finished at one door.
pub const GUEST_UPLOADS: usize = 64;
/// Files that all guests together may have begun and not finished at one door.
pub const GUEST_UPLOADS_AT_DOOR: usize = 4_096;
/// Files that one guest may post through one door, unless the door says otherwise.
pub const GUEST_FILES: u32 = 1_000;
/// Bytes that one guest may post through one door, unless the door says otherwise.
pub const GUEST_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes that all guests together may post through one door, unless it says otherwise.
pub const GUEST_DOOR_BYTES: u64 = 128 * 1024 * 1024 * 1024;
/// Operations of a device's log that guests at its door leave to its owner.
pub const OWNER_OPERATIONS: u64 = 20_000;
/// Reactions and takings back that one session may say at once, after which there is one in [`GUEST_SAID_EVERY_MS`].
pub const GUEST_SAID_AT_ONCE: u32 = 120;
/// How often a session may say another one, in milliseconds.
pub const GUEST_SAID_EVERY_MS: u64 = 3_000;
/// By how much more all sessions from one address may say: phones behind one router share it.
pub const GUEST_SAID_PER_ADDRESS: u32 = 4;
/// Guests known of a group.
pub const GUESTS: usize = 2_000;
/// Addresses that a member tells of its door.
pub const DOOR_ADDRESSES: usize = 4;
