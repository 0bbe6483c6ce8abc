-- Clips that go out while they are recorded.

-- Facts: the signed records of clips that are not closed, or whose closing was not read to the end yet. Of two records with
-- one place the lower id is kept.
CREATE TABLE fragment (
    clip BLOB NOT NULL,
    place INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 32),
    previous BLOB NOT NULL,
    record BLOB NOT NULL,
    blob BLOB NOT NULL,
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (clip, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX fragment_blob ON fragment (blob);

-- What closings say, as encoded by glow-model.
CREATE TABLE clip_close (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    seq INTEGER NOT NULL,
    clip BLOB NOT NULL,
    media BLOB NOT NULL,
    said BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX clip_close_clip ON clip_close (clip, seq, id);
CREATE INDEX clip_close_media ON clip_close (media);

-- Whether a moment was opened as a clip, whether it is not closed yet, how many fragments follow each other, and when the
-- last one came.
ALTER TABLE moment ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN unclosed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN fragments INTEGER NOT NULL DEFAULT 0;
ALTER TABLE moment ADD COLUMN heard_ms INTEGER;

CREATE INDEX moment_unclosed ON moment (sort_ms) WHERE unclosed = 1;
