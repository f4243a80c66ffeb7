-- Presence: what zones and outputs are, what panels told of themselves, how their links were.

-- What an event said that a zone is, apart from what was last heard of it.
ALTER TABLE zone ADD COLUMN state TEXT;                                 -- absent: no event said so
ALTER TABLE zone ADD COLUMN state_seq INTEGER;
ALTER TABLE zone ADD COLUMN since INTEGER;

CREATE TABLE output (
    panel     INTEGER NOT NULL REFERENCES panel (idx),
    number    TEXT    NOT NULL,
    is_on     INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (panel, number)
) STRICT, WITHOUT ROWID;

-- What each path's panel last said of who it is: a later one that says otherwise is told.
CREATE TABLE connection_report (
    path     INTEGER PRIMARY KEY REFERENCES path (idx),
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    boot     INTEGER NOT NULL,
    firmware TEXT,
    model    TEXT,
    reason   TEXT
) STRICT;

-- How links were, by hour and by day: sums, so that parts of an hour add up.
CREATE TABLE trend (
    span         TEXT    NOT NULL, -- hour, day
    start        INTEGER NOT NULL,
    path         INTEGER NOT NULL,
    rssi_min     INTEGER, rssi_max     INTEGER, rssi_sum     INTEGER NOT NULL, rssi_count     INTEGER NOT NULL,
    battery_min  INTEGER, battery_max  INTEGER, battery_sum  INTEGER NOT NULL, battery_count  INTEGER NOT NULL,
    voltage_min  INTEGER, voltage_max  INTEGER, voltage_sum  INTEGER NOT NULL, voltage_count  INTEGER NOT NULL,
    trip_min     INTEGER, trip_max     INTEGER, trip_sum     INTEGER NOT NULL, trip_count     INTEGER NOT NULL,
    retries      INTEGER NOT NULL,
    reconnects   INTEGER NOT NULL,
    PRIMARY KEY (span, start, path)
) STRICT, WITHOUT ROWID;

-- When losses were told for the first time, on the clock of service: what makes a mass outage, and flapping.
ALTER TABLE fault ADD COLUMN began INTEGER;                             -- absent: before this format
CREATE INDEX fault_by_began ON fault (began) WHERE began IS NOT NULL;
