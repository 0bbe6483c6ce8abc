-- What opened bodies say, one row an operation, and what follows from it. All of it can be dropped and refilled.

CREATE TABLE member (
    device BLOB NOT NULL PRIMARY KEY,
    -- 0: host, 1: member.
    role INTEGER NOT NULL,
    sealing BLOB NOT NULL,
    admitted_by BLOB,
    invite BLOB,
    name TEXT NOT NULL DEFAULT '',
    colour INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
    invite BLOB NOT NULL PRIMARY KEY,
    author BLOB NOT NULL,
    tag_key BLOB NOT NULL,
    role INTEGER NOT NULL,
    expires_ms INTEGER,
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE retraction (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    target BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX retraction_target ON retraction (target, author);

CREATE TABLE moment (
    -- What its body says.
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    kind INTEGER NOT NULL,
    media BLOB NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    duration_ms INTEGER,
    captured_ms INTEGER NOT NULL,
    offset_min INTEGER,
    camera TEXT,
    file_name TEXT NOT NULL,
    placeholder BLOB NOT NULL,
    sort_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    own INTEGER NOT NULL,
    -- The original and the moving part it brings, as encoded by glow-model.
    brought_original BLOB,
    brought_motion BLOB,
    -- What follows from everything said of its capture. Only a shown one has a caption.
    shown INTEGER NOT NULL DEFAULT 0,
    caption TEXT NOT NULL DEFAULT '',
    caption_head BLOB,
    -- What follows from its blobs; a size is NULL where it has no such part.
    grid_size INTEGER,
    grid_held INTEGER NOT NULL DEFAULT 0,
    screen_size INTEGER,
    screen_held INTEGER NOT NULL DEFAULT 0,
    original_size INTEGER,
    original_held INTEGER NOT NULL DEFAULT 0,
    motion_size INTEGER,
    motion_held INTEGER NOT NULL DEFAULT 0,
    motion_type TEXT,
    missing INTEGER NOT NULL DEFAULT 0,
    needs_choice INTEGER NOT NULL DEFAULT 0,
    copies INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX moment_timeline ON moment (sort_ms, id) WHERE shown = 1;
CREATE INDEX moment_author ON moment (author, sort_ms, id) WHERE shown = 1;
CREATE INDEX moment_media ON moment (media);
CREATE INDEX moment_missing ON moment (sort_ms) WHERE shown = 1 AND missing = 1;
CREATE INDEX moment_only_here ON moment (sort_ms)
WHERE shown = 1 AND own = 1 AND copies = 0 AND original_size IS NOT NULL;

-- Originals that were added later, encoded likewise.
CREATE TABLE added_original (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    seq INTEGER NOT NULL,
    moment BLOB NOT NULL,
    original BLOB NOT NULL,
    motion BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX added_original_moment ON added_original (moment, seq, id);

CREATE TABLE caption (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    moment BLOB NOT NULL,
    replaces BLOB,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX caption_moment ON caption (moment, id);

CREATE TABLE reaction (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    seq INTEGER NOT NULL,
    moment BLOB NOT NULL,
    emoji TEXT NOT NULL,
    given INTEGER NOT NULL,
    -- The moment on the timeline that shows it; NULL: it does not count.
    shown_at BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX reaction_moment ON reaction (moment, id);
CREATE INDEX reaction_shown ON reaction (shown_at, emoji, author) WHERE shown_at IS NOT NULL;

-- The blobs of live moments. Position 0 is a manifest; segments and previews count from 1.
CREATE TABLE blob_use (
    moment BLOB NOT NULL,
    -- 0: grid, 1: screen, 2: original, 3: motion.
    part INTEGER NOT NULL,
    position INTEGER NOT NULL,
    blob BLOB NOT NULL,
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    -- 0: grid, 1: screen, 2: manifest, 3: original, 4: motion.
    tier INTEGER NOT NULL,
    sort_ms INTEGER NOT NULL,
    held INTEGER NOT NULL,
    -- The moment is shown and the blob is not held.
    wanted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (moment, part, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_use_blob ON blob_use (blob);
CREATE INDEX blob_use_wanted ON blob_use (tier, sort_ms DESC, moment DESC, part, position) WHERE wanted = 1;

-- Moments shown by hour, and by author.
CREATE TABLE bucket (
    start_ms INTEGER NOT NULL PRIMARY KEY,
    moments INTEGER NOT NULL
) STRICT;

CREATE TABLE tally (
    author BLOB NOT NULL PRIMARY KEY,
    moments INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
