-- What was erased while the file of dossiers was locked: it goes there, too, once that is open.
CREATE TABLE erased (record BLOB PRIMARY KEY) WITHOUT ROWID;

-- Records that left the phone because they are old: what a list still says of them, and the digest of what the phone had, so
-- that a check knows them.
CREATE TABLE retired (
    record      BLOB PRIMARY KEY,
    kind        TEXT NOT NULL,
    prospect    BLOB NOT NULL,
    occurred_at INTEGER NOT NULL,
    digest      BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX retired_of_prospect ON retired (prospect);

-- Records that the server is asked for whole.
CREATE TABLE wanted (
    record BLOB PRIMARY KEY,
    since  INTEGER NOT NULL                         -- since when, by this phone's clock
) WITHOUT ROWID;

-- Since when the server has a change, by the server's clock; 0: since before this was noted.
ALTER TABLE change ADD COLUMN acknowledged_at INTEGER NOT NULL DEFAULT 0;

-- The last time that a prospect came to this phone, or left it, because it was assigned anew: what its person is shown.
CREATE TABLE reassigned (
    prospect BLOB PRIMARY KEY,
    name     TEXT NOT NULL,
    came     INTEGER NOT NULL,                      -- 1: it came; 0: it left
    at       INTEGER NOT NULL,                      -- by this phone's clock
    records  INTEGER NOT NULL                       -- that left with it
) WITHOUT ROWID;
