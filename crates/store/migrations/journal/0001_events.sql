-- One day of the journal. Rows are only ever added; the day goes as a whole.

CREATE TABLE events (
    seq            INTEGER PRIMARY KEY, -- dense over all files, from 1
    message_seq    INTEGER NOT NULL,    -- the first event of the same message
    path           INTEGER NOT NULL,    -- dense number of the path
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
    retention      INTEGER NOT NULL,    -- class of retention: 0 alarm, 1 operation, 2 routine
    partition      TEXT,
    point_kind     INTEGER,             -- 0 zone, 1 user
    point          TEXT,
    panel_sequence INTEGER,
    panel_time     INTEGER,             -- microseconds since 1970, as all times
    occurred       INTEGER,
    received       INTEGER NOT NULL,
    flags          INTEGER NOT NULL,
    repeat_hi      INTEGER,             -- first eight octets of the repeat key, big-endian
    repeat_lo      INTEGER,             -- last eight octets
    chain_no       INTEGER NOT NULL,    -- dense per class of retention over all files, from 1
    chain          BLOB    NOT NULL     -- SHA-256 over the previous chain value and this row
) STRICT;

-- The newest message of a path with a key, and of these the one with a frame timestamp.
CREATE INDEX repeats ON events (path, repeat_hi, panel_time) WHERE repeat_hi IS NOT NULL;

-- The events of a path in order; panels and accounts come to their paths by `origins`.
CREATE INDEX by_path ON events (path);

-- Personal data, apart from the start, as octets, so that what is encrypted later fits as well.
CREATE TABLE personal (
    seq      INTEGER PRIMARY KEY,
    text     BLOB,
    extended BLOB,
    raw      BLOB
) STRICT;

-- Which accounts were seen on which path, and whose it is: an index of a few rows per panel.
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

-- Where each chain stood when the file was begun, and where it stands.
CREATE TABLE chains (
    class       INTEGER PRIMARY KEY,
    opening_no  INTEGER NOT NULL,
    opening     BLOB    NOT NULL,
    opening_seq INTEGER NOT NULL,
    head_no     INTEGER NOT NULL,
    head        BLOB    NOT NULL,
    head_seq    INTEGER NOT NULL
) STRICT;

-- One row: the first number that the file may hold, and what probes write.
CREATE TABLE meta (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    first_seq INTEGER NOT NULL,
    probes    INTEGER NOT NULL
) STRICT;
