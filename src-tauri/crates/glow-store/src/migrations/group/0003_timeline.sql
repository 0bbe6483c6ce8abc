-- Facts of this device alone: what its owner marked, and how grid previews look. A rebuild keeps them.

CREATE TABLE favourite (
    media BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE look (
    moment BLOB NOT NULL PRIMARY KEY,
    -- A perceptual hash of the grid preview; NULL: it says nothing.
    hash INTEGER
) STRICT, WITHOUT ROWID;

-- What follows from those facts, and where a moment was captured, if its owner shared that.
ALTER TABLE moment ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN looked INTEGER NOT NULL DEFAULT 0;
-- The first moment of the stack that this one is part of.
ALTER TABLE moment ADD COLUMN stack BLOB;
ALTER TABLE moment ADD COLUMN stack_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN latitude_e6 INTEGER;
ALTER TABLE moment ADD COLUMN longitude_e6 INTEGER;

CREATE INDEX moment_favourite ON moment (sort_ms, id) WHERE shown = 1 AND favourite = 1;
CREATE INDEX moment_clip ON moment (sort_ms, id) WHERE shown = 1 AND kind = 1;
CREATE INDEX moment_place ON moment (sort_ms, id) WHERE shown = 1 AND latitude_e6 IS NOT NULL;
CREATE INDEX moment_received ON moment (received_ms) WHERE shown = 1;
CREATE INDEX moment_stack ON moment (stack, sort_ms, id) WHERE shown = 1 AND stack IS NOT NULL;
CREATE INDEX moment_unlooked ON moment (sort_ms)
WHERE shown = 1 AND looked = 0 AND grid_size IS NOT NULL AND grid_held = grid_size;

-- Moments shown by quarter of an hour: how many, and the shape of each, newest first.
DROP TABLE bucket;
CREATE TABLE bucket (
    start_ms INTEGER NOT NULL PRIMARY KEY,
    moments INTEGER NOT NULL,
    shapes BLOB NOT NULL,
    -- The shapes without those that stand behind another in a stack; NULL: there is no stack.
    stacked BLOB
) STRICT;

-- What can be searched. Rows of moments are numbered by their time, those of members from -1 down.
CREATE TABLE said (
    row INTEGER NOT NULL PRIMARY KEY,
    -- 0: caption of a moment, 1: name of a member.
    source INTEGER NOT NULL,
    subject BLOB NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX said_subject ON said (subject, source);

CREATE VIRTUAL TABLE said_index USING fts5 (
    text, content = 'said', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
INSERT INTO said_index (said_index, rank) VALUES ('secure-delete', 1);
