-- Clocks of cameras: what was set, one row an operation, and what follows from it for each moment.

CREATE TABLE clock (
    id BLOB NOT NULL PRIMARY KEY REFERENCES operation (id),
    author BLOB NOT NULL,
    -- The camera: whose captures, make and model, body.
    owner BLOB NOT NULL,
    camera TEXT,
    camera_body BLOB,
    replaces BLOB,
    -- As encoded by glow-model.
    said BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX clock_camera ON clock (owner, camera, camera_body);

ALTER TABLE moment ADD COLUMN camera_body BLOB;
-- What is added to the time that the camera wrote.
ALTER TABLE moment ADD COLUMN shift_ms INTEGER NOT NULL DEFAULT 0;

CREATE INDEX moment_camera ON moment (author, camera, camera_body, captured_ms);
