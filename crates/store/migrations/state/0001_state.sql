-- Everything but events. Numbers named `idx` are given once and never again.

CREATE TABLE organisation (
    idx  INTEGER PRIMARY KEY AUTOINCREMENT,
    id   BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE site (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE,
    organisation BLOB NOT NULL REFERENCES organisation (id),
    name         TEXT NOT NULL,
    time_zone    TEXT NOT NULL
) STRICT;

CREATE TABLE panel (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    organisation BLOB    NOT NULL REFERENCES organisation (id),
    site         BLOB    NOT NULL REFERENCES site (id),
    name         TEXT    NOT NULL,
    folded       TEXT    NOT NULL, -- the name in lower case, for searching
    created      INTEGER NOT NULL
) STRICT;

CREATE TABLE path (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    panel        INTEGER NOT NULL REFERENCES panel (idx),
    organisation BLOB    NOT NULL REFERENCES organisation (id),
    site         BLOB    NOT NULL REFERENCES site (id),
    family       TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    receiver     INTEGER,          -- absent: any
    line         INTEGER           -- absent: any
) STRICT;
CREATE INDEX path_by_account ON path (account, family);
CREATE INDEX path_by_panel ON path (panel);

CREATE TABLE partition (
    panel      INTEGER NOT NULL REFERENCES panel (idx),
    number     TEXT    NOT NULL,
    state      TEXT,
    since_seq  INTEGER,
    since      INTEGER,
    registered INTEGER NOT NULL,
    PRIMARY KEY (panel, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE zone (
    panel      INTEGER NOT NULL REFERENCES panel (idx),
    number     TEXT    NOT NULL,
    partition  TEXT,
    last_seq   INTEGER NOT NULL,
    last_class TEXT    NOT NULL,
    last       INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    PRIMARY KEY (panel, number)
) STRICT, WITHOUT ROWID;

-- Who changed what, by what right and why. Never a secret.
CREATE TABLE audit (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    who          TEXT    NOT NULL,
    right        TEXT    NOT NULL,
    reason       TEXT,
    action       TEXT    NOT NULL,
    organisation BLOB,
    site         BLOB,
    subject      TEXT    NOT NULL,
    detail       TEXT    NOT NULL
) STRICT;

CREATE TABLE token (
    id      BLOB    PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE,
    digest  BLOB    NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the journal has been projected.
CREATE TABLE cursor (
    name TEXT    PRIMARY KEY,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the journal's chains stood at the last projection: a tail cut off the journal shows.
CREATE TABLE chain_head (
    class    INTEGER PRIMARY KEY,
    chain_no INTEGER NOT NULL,
    chain    BLOB    NOT NULL,
    seq      INTEGER NOT NULL
) STRICT;
