-- What guests said through members' doors, one row an operation, and what was decided about them.

CREATE TABLE guest_post (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    -- The member at whose door it was said.
    author BLOB NOT NULL,
    guest BLOB NOT NULL,
    post BLOB NOT NULL,
    -- 0: a file, 1: a reaction, 2: a retraction.
    what INTEGER NOT NULL,
    name TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    -- Bytes of a file.
    size INTEGER NOT NULL,
    -- The door asks that somebody looks at it first.
    review INTEGER NOT NULL,
    -- Of a file: its original is among it, and the media id that it says of itself.
    whole INTEGER NOT NULL,
    media BLOB,
    -- Of a retraction: the post that is to go.
    target BLOB,
    -- What follows. 0: it counts, 1: nobody has looked yet, 2: held back, 3: the guest took it back, 4: the guest is blocked.
    hidden INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX guest_post_said ON guest_post (guest, post, id);
CREATE INDEX guest_post_hidden ON guest_post (hidden) WHERE hidden > 0;

CREATE TABLE guest_verdict (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    guest BLOB NOT NULL,
    -- NULL: about the guest.
    post BLOB,
    -- 0: approve, 1: hold back, 2: block, 3: unblock.
    verdict INTEGER NOT NULL,
    turn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX guest_verdict_about ON guest_verdict (guest, post);

-- What a guest last called itself.
CREATE TABLE guest (
    guest BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who posted a moment, as people see it: the author, or the guest that it was passed on for.
ALTER TABLE moment ADD COLUMN person BLOB NOT NULL DEFAULT X'';
-- A guest's previews, whose original is not among it: whatever has the original goes first.
ALTER TABLE moment ADD COLUMN early INTEGER NOT NULL DEFAULT 0;

DROP INDEX moment_author;
CREATE INDEX moment_person ON moment (person, sort_ms, id) WHERE shown = 1;
