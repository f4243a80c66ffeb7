-- Registration in full: listeners, policies, keys, habits, paths that were removed.

ALTER TABLE path ADD COLUMN listener TEXT;                              -- absent: any
ALTER TABLE path ADD COLUMN hub INTEGER NOT NULL DEFAULT 0;
ALTER TABLE path ADD COLUMN accept_skewed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE path ADD COLUMN once_encrypted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE path ADD COLUMN forgery TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE path ADD COLUMN memo BLOB NOT NULL DEFAULT x'';             -- the family's own
ALTER TABLE path ADD COLUMN removed INTEGER;                            -- when; absent: in use

-- Keys, sealed: the store cannot read them. Slot 0 is the one in use.
CREATE TABLE path_key (
    path     INTEGER NOT NULL REFERENCES path (idx),
    slot     INTEGER NOT NULL,
    strength TEXT    NOT NULL,
    sealed   BLOB    NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (path, slot)
) STRICT, WITHOUT ROWID;
