-- Facts: what cannot be derived from anything else. Times are milliseconds since the Unix epoch, sizes are bytes.

PRAGMA application_id = 0x676c6f77; -- 'glow'

CREATE TABLE album (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    ends_ms INTEGER NOT NULL,
    -- The version of the fold that the projections were made by; 0: none.
    projections INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE operation (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    author BLOB NOT NULL CHECK (length(author) = 32),
    seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    -- 0: control, 1: content.
    plane INTEGER NOT NULL CHECK (plane IN (0, 1)),
    -- The number of its opened body; NULL: not opened.
    kind INTEGER,
    -- 0: whole, 1: taken back, 2: came without its payload and nothing explains it (does not count as held).
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    header BLOB NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    payload BLOB,
    received_ms INTEGER NOT NULL,
    own INTEGER NOT NULL DEFAULT 0,
    CHECK ((state = 0) = (payload IS NOT NULL))
) STRICT;

CREATE INDEX operation_author ON operation (author, seq, id, state);
CREATE INDEX operation_held ON operation (plane, time_ms, id) WHERE state < 2;
CREATE INDEX operation_unopened ON operation (id) WHERE kind IS NULL AND state = 0;

-- Own operations that were not announced yet.
CREATE TABLE outbox (
    operation BLOB NOT NULL PRIMARY KEY REFERENCES operation (id)
) STRICT, WITHOUT ROWID;

-- Blobs that are complete on this device.
CREATE TABLE held_blob (
    blob BLOB NOT NULL PRIMARY KEY CHECK (length(blob) = 32)
) STRICT, WITHOUT ROWID;

-- The content of manifest blobs that were fetched and opened.
CREATE TABLE manifest_segment (
    manifest BLOB NOT NULL,
    position INTEGER NOT NULL,
    blob BLOB NOT NULL,
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (manifest, position)
) STRICT, WITHOUT ROWID;

-- Other devices known to hold a blob.
CREATE TABLE holder (
    device BLOB NOT NULL,
    blob BLOB NOT NULL,
    PRIMARY KEY (device, blob)
) STRICT, WITHOUT ROWID;

CREATE INDEX holder_blob ON holder (blob, device);

-- What the owner's device keeps of its captures and does not share.
CREATE TABLE capture (
    moment BLOB NOT NULL PRIMARY KEY,
    needs_choice INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE capture_patch (
    moment BLOB NOT NULL REFERENCES capture (moment) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    start INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (moment, part, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE capture_segment (
    moment BLOB NOT NULL REFERENCES capture (moment) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    position INTEGER NOT NULL,
    blob BLOB NOT NULL,
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (moment, part, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX capture_segment_blob ON capture_segment (blob);

-- When a member was last connected to this device.
CREATE TABLE seen (
    device BLOB NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses under which a member was reached.
CREATE TABLE address (
    address TEXT NOT NULL PRIMARY KEY,
    ok_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX address_newest ON address (ok_ms);

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
