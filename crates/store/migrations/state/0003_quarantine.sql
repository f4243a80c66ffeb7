-- What people say of doubtful events, and who came whom nobody registered.

-- One for each event at most, and never changed.
CREATE TABLE verdict (
    seq       INTEGER PRIMARY KEY, -- the number of the event
    confirmed INTEGER NOT NULL,    -- 1 confirmed, 0 rejected
    at        INTEGER NOT NULL,
    who       TEXT    NOT NULL,
    reason    TEXT
) STRICT;

-- Frames of somebody whom we do not know, by what they say of who it is.
CREATE TABLE stray (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    family       TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    receiver     INTEGER,          -- absent: none was shown
    line         INTEGER,          -- absent: none was shown
    reason       TEXT    NOT NULL,
    listener     TEXT    NOT NULL, -- by which the last came
    path         INTEGER,          -- the registered path whose key does not open them
    opened_by    TEXT    NOT NULL, -- the address that the first came from, and whose quota it is
    sources      TEXT    NOT NULL, -- a few addresses, the newest first, by spaces
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL, -- how many of these were acknowledged all the same
    standing     TEXT    NOT NULL  -- open, rejected, adopted
) STRICT;
CREATE UNIQUE INDEX stray_by_identity
    ON stray (family, account, ifnull(receiver, -1), ifnull(line, -1), reason)
    WHERE standing <> 'adopted';

-- The last few frames of each: personal data, apart from the rest.
CREATE TABLE stray_frame (
    idx          INTEGER PRIMARY KEY AUTOINCREMENT,
    stray        INTEGER NOT NULL REFERENCES stray (idx),
    received     INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    format       TEXT    NOT NULL,
    encrypted    INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    raw          BLOB    NOT NULL
) STRICT;
CREATE INDEX stray_frame_by_stray ON stray_frame (stray, idx);

-- Which panel became of whom. A record: nothing that came before is rewritten.
CREATE TABLE adoption (
    stray INTEGER PRIMARY KEY, -- the number that it had; the row itself goes in time
    panel BLOB    NOT NULL,
    at    INTEGER NOT NULL,
    who   TEXT    NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE INDEX adoption_by_panel ON adoption (panel);
