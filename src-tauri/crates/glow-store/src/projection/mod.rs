//! What opened bodies say, and what follows from it. Dropped and refilled by a rebuild, with the same content.

mod album;
pub(crate) mod blob_use;
pub(crate) mod bucket;
pub(crate) mod chain;
pub(crate) mod clip;
pub(crate) mod clock;
pub(crate) mod copies;
mod favourite;
pub(crate) mod guest;
pub(crate) mod hold;
pub(crate) mod member;
pub(crate) mod moment;
pub(crate) mod original;
mod place;
pub(crate) mod retraction;
pub(crate) mod search;
pub(crate) mod stack;
mod summary;
pub(crate) mod thread;
pub(crate) mod timeline;

/// What opening and retractions made of each operation: derived, in a fact table.
pub(crate) const OPENED: (&str, &str) = ("operation", "id, kind, state");

/// Every table of this module with its columns, in an order that does not depend on arrival.
pub(crate) const TABLES: [(&str, &str); 17] = [
    (
        "member",
        "device, role, sealing, admitted_by, invite, name, colour",
    ),
    (
        "invite",
        "invite, author, tag_key, role, expires_ms, max_uses, uses, closed",
    ),
    ("retraction", "id, author, target"),
    (
        "moment",
        "id, author, kind, media, media_type, width, height, duration_ms, captured_ms, offset_min, camera, file_name,
         placeholder, sort_ms, received_ms, own, brought_original, brought_motion, shown, caption, caption_head, grid_size, grid_held, screen_size,
         screen_held, original_size, original_held, motion_size, motion_held, motion_type, missing, needs_choice, copies, favourite, looked, stack, stack_count,
         latitude_e6, longitude_e6, opened, unclosed, fragments, heard_ms, camera_body, shift_ms,
         held_back, author_hold, host_hold, person, early",
    ),
    (
        "guest_post",
        "id, author, guest, post, what, name, time_ms, size, review, whole, media, target, hidden",
    ),
    ("guest_verdict", "id, author, guest, post, verdict, turn"),
    ("guest", "guest, name"),
    ("added_original", "id, author, seq, moment, original, motion"),
    ("clip_close", "id, author, seq, clip, media, said"),
    ("caption", "id, author, moment, replaces, text"),
    ("clock", "id, author, owner, camera, camera_body, replaces, said"),
    ("hold", "id, author, moment, replaces, held"),
    (
        "reaction",
        "id, author, seq, moment, emoji, given, shown_at",
    ),
    (
        "blob_use",
        "moment, part, position, blob, key, size, tier, sort_ms, held, wanted",
    ),
    ("bucket", "start_ms, moments, shapes, stacked"),
    ("tally", "author, moments"),
    ("said", "source, subject, text"),
];
