-- What belongs to the device and to no group.

PRAGMA application_id = 0x676c6476; -- 'gldv'

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE joined (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    folder TEXT NOT NULL UNIQUE,
    joined_ms INTEGER NOT NULL,
    -- 0: active, 1: being left; what is left of it has to be destroyed.
    state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1))
) STRICT, WITHOUT ROWID;
