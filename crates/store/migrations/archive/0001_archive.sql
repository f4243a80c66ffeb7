-- What is kept longer than its day's file. Columns as in the journal.

CREATE TABLE events (
    seq            INTEGER PRIMARY KEY,
    message_seq    INTEGER NOT NULL,
    path           INTEGER NOT NULL,
    path_id        BLOB    NOT NULL,
    panel          BLOB    NOT NULL,
    site           BLOB    NOT NULL,
    organisation   BLOB    NOT NULL,
    family         TEXT    NOT NULL,
    format         TEXT    NOT NULL,
    account        TEXT    NOT NULL,
    code_set       TEXT    NOT NULL,
    code           TEXT    NOT NULL,
    class          TEXT    NOT NULL,
    retention      INTEGER NOT NULL,
    partition      TEXT,
    point_kind     INTEGER,
    point          TEXT,
    panel_sequence INTEGER,
    panel_time     INTEGER,
    occurred       INTEGER,
    received       INTEGER NOT NULL,
    flags          INTEGER NOT NULL,
    repeat_hi      INTEGER,
    repeat_lo      INTEGER,
    chain_no       INTEGER NOT NULL,
    chain          BLOB    NOT NULL
) STRICT;
CREATE INDEX by_path ON events (path);
CREATE INDEX by_retention ON events (retention);

CREATE TABLE personal (
    seq      INTEGER PRIMARY KEY,
    text     BLOB,
    extended BLOB,
    raw      BLOB
) STRICT;

CREATE TABLE origins (
    path    INTEGER NOT NULL,
    account TEXT    NOT NULL,
    panel   BLOB    NOT NULL,
    PRIMARY KEY (path, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX origins_by_panel ON origins (panel, path);
CREATE INDEX origins_by_account ON origins (account, path);

-- What stretches of 4,096 numbers hold, so that queries pass over those without what they want.
CREATE TABLE blocks (
    block    INTEGER PRIMARY KEY, -- the number divided by 4,096
    earliest INTEGER NOT NULL,    -- receipt
    latest   INTEGER NOT NULL,
    classes  INTEGER NOT NULL     -- one bit per class of events
) STRICT;

-- Days whose files are gone. A row here is what allows the file to be removed.
CREATE TABLE days (
    day       INTEGER PRIMARY KEY, -- days since 1970-01-01
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL     -- first_seq - 1 for a day without events
) STRICT;

-- How far each class has been let go of: its chain goes on behind this.
CREATE TABLE anchors (
    class    INTEGER PRIMARY KEY,
    chain_no INTEGER NOT NULL,     -- of the last event let go of
    chain    BLOB    NOT NULL,
    last_seq INTEGER NOT NULL,
    dropped  INTEGER NOT NULL,     -- how many in all
    at       INTEGER NOT NULL      -- when
) STRICT;
