-- What a carrier, which cannot read operations, was told that they name.

CREATE TABLE cargo (
    operation BLOB NOT NULL REFERENCES operation (id),
    blob BLOB NOT NULL,
    size INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    PRIMARY KEY (operation, blob)
) STRICT, WITHOUT ROWID;

CREATE INDEX cargo_blob ON cargo (blob);

-- Operations of which all that they name was told.
CREATE TABLE cargo_told (
    operation BLOB NOT NULL PRIMARY KEY REFERENCES operation (id)
) STRICT, WITHOUT ROWID;
