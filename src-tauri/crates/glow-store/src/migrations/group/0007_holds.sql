-- Moments that are held back from big screens.

CREATE TABLE hold (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    moment BLOB NOT NULL,
    replaces BLOB,
    held INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_moment ON hold (moment, id);

-- Who holds a moment back, 1: its author, 2: hosts, 3: both; and the holds that say so, which the next ones replace.
ALTER TABLE moment ADD COLUMN held_back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN author_hold BLOB;
ALTER TABLE moment ADD COLUMN host_hold BLOB;
