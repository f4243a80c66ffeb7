-- What people say of doubtful events, and who came whom nobody registered.

-- One for each event at most, and never changed.
CREATE TABLE verdict (
    seq       INTEGER PRIMARY KEY, -- the number of the event
    confirmed INTEGER NOT NULL,    -- 1 confirmed, 0 rejected
    at        INTEGER NOT NULL,
    who       TEXT    NOT NULL,
    reason    TEXT
) STRICT;
