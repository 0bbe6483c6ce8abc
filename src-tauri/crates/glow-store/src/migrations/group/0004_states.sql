-- What devices say of themselves, newest only, and what this device keeps by it. Facts: a rebuild leaves them as they are.

CREATE TABLE state (
    device BLOB NOT NULL CHECK (length(device) = 32),
    slot INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    -- Hash of the header: of two with one counter the higher stands.
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- The device's clock when it said it, and this device's when it heard it.
    time_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    encoded BLOB NOT NULL,
    -- The blob that its value stands in; NULL: it stands in the state.
    sheet BLOB,
    PRIMARY KEY (device, slot)
) STRICT, WITHOUT ROWID;

-- Presence and how far its owner has seen, as other devices last said.
CREATE TABLE presence (
    device BLOB NOT NULL PRIMARY KEY,
    -- 0: awake, 1: asleep, 2: leaving; NULL: never said.
    wakefulness INTEGER,
    -- 0: previews, 1: originals when plugged, 2: all.
    photos INTEGER,
    clips INTEGER,
    seen_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What other devices say of authors' logs, as runs of sequence numbers.
CREATE TABLE mark (
    -- 0: originals held, 1: previews held, 2: takebacks done.
    kind INTEGER NOT NULL,
    author BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (kind, author, first, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_device ON mark (device, kind, author, first);

-- Runs whose moments' copies are to be counted again.
CREATE TABLE recount (
    author BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (author, first, last)
) STRICT, WITHOUT ROWID;

-- Blobs that this device gives up: no longer held, not wanted again, and their files go once that was told.
CREATE TABLE released (
    blob BLOB NOT NULL PRIMARY KEY,
    gone INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Blobs that this device does not keep for good: brought along for others.
CREATE TABLE carried (
    blob BLOB NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
