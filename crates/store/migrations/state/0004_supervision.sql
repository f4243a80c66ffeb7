-- Who is watched and how, what the journal told of losses, where supervision stands.

-- What people set; path 0 is the panel as a whole. Absent: from the panel, or the default.
CREATE TABLE supervision (
    panel        INTEGER NOT NULL REFERENCES panel (idx),
    path         INTEGER NOT NULL,
    watch        TEXT,    -- off, a class, or a time such as 90s
    test_every   INTEGER, -- seconds; 0 is off
    test_counts  TEXT,
    commissioned INTEGER,
    PRIMARY KEY (panel, path)
) STRICT, WITHOUT ROWID;

-- Losses of paths and panels, and tests that did not come, as the journal's events tell them.
CREATE TABLE fault (
    seq   INTEGER PRIMARY KEY, -- the event that told it
    path  INTEGER NOT NULL,
    code  TEXT    NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,             -- absent: not over
    told  INTEGER NOT NULL     -- on the clock of service, when it was told last
) STRICT;
CREATE INDEX fault_open ON fault (path) WHERE until IS NULL;
CREATE INDEX fault_by_path ON fault (path, since);
CREATE INDEX fault_over ON fault (until) WHERE until IS NOT NULL;

-- When we ourselves were out of service.
CREATE TABLE outage (
    seq   INTEGER PRIMARY KEY, -- the event that told it
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- When expected test signals last came, on the clock of service.
CREATE TABLE expected_test (
    path   INTEGER PRIMARY KEY,
    served INTEGER NOT NULL
) STRICT;

-- Where supervision stood.
CREATE TABLE supervision_house (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    boot   TEXT    NOT NULL,
    mono   INTEGER NOT NULL,
    wall   INTEGER NOT NULL,
    served INTEGER NOT NULL,
    clean  INTEGER NOT NULL,
    hold   INTEGER NOT NULL, -- milliseconds left
    cursor INTEGER NOT NULL
) STRICT;
