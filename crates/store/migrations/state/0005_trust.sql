-- Trust: names of paths, secrets of panels, certificates of ours, keys of session tickets, and
-- panels that a person disabled.

ALTER TABLE panel ADD COLUMN disabled INTEGER;                          -- since when; absent: it is not
ALTER TABLE path ADD COLUMN path_name TEXT;                             -- absent: any, or none
ALTER TABLE path ADD COLUMN secret BLOB;                                -- keyed digest; absent: none

CREATE TABLE certificate (
    serial    BLOB    NOT NULL PRIMARY KEY,
    path      INTEGER NOT NULL REFERENCES path (idx),
    issued    INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    revoked   INTEGER                                                   -- when; absent: in force
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_by_path ON certificate (path);

-- Sealed: the store cannot read them.
CREATE TABLE ticket_key (
    name   BLOB    NOT NULL PRIMARY KEY,
    sealed BLOB    NOT NULL,
    made   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was told of ends that come: no restart tells it again.
CREATE TABLE expiry_told (
    subject   TEXT    NOT NULL PRIMARY KEY,                             -- server, authority HEX, path IDX
    not_after INTEGER NOT NULL,
    step      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
