-- The phone's database. Changes are the truth; rows are derived from them and can be thrown away.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE change (
    place        INTEGER PRIMARY KEY,           -- the order in which changes came to this phone
    record       BLOB NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    bytes        BLOB NOT NULL,
    own          INTEGER NOT NULL,              -- 1: made here
    acknowledged INTEGER NOT NULL,              -- 1: the server has it durably
    waiting      INTEGER NOT NULL DEFAULT 0     -- 1: pushed, and held or lacking deps: others go before it
);
CREATE INDEX change_of_record ON change (record, place);
CREATE INDEX outbox ON change (waiting, place) WHERE acknowledged = 0;

CREATE TABLE record (
    id          BLOB PRIMARY KEY,
    kind        TEXT NOT NULL,
    prospect    BLOB,
    author      INTEGER,
    unit        TEXT,
    owner       TEXT,
    state       TEXT NOT NULL,
    occurred_at INTEGER,
    due_at      INTEGER,
    body        TEXT NOT NULL,
    conflicts   TEXT NOT NULL,
    flags       TEXT NOT NULL,
    heads       BLOB NOT NULL,
    projection  INTEGER NOT NULL,
    leaving     INTEGER NOT NULL DEFAULT 0      -- 1: evicted, and waiting until its own changes are acknowledged
) WITHOUT ROWID;
CREATE INDEX record_by_time ON record (occurred_at DESC, id DESC);
CREATE INDEX record_by_kind ON record (kind, occurred_at DESC, id DESC);
CREATE INDEX record_by_prospect ON record (prospect, kind, occurred_at DESC, id DESC);
CREATE INDEX record_by_unit ON record (kind, unit);
CREATE INDEX record_in_conflict ON record (id) WHERE conflicts <> '';
CREATE INDEX record_leaving ON record (id) WHERE leaving = 1;

CREATE TABLE position (
    feed TEXT PRIMARY KEY,
    low  INTEGER NOT NULL,
    high INTEGER NOT NULL
) WITHOUT ROWID;

-- Changes that did not stand, with their bytes: refused ones until the person has dealt with them, replaced ones until
-- what replaces them is acknowledged.
CREATE TABLE quarantine (
    hash        BLOB PRIMARY KEY,
    record      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    bytes       BLOB NOT NULL,
    code        TEXT NOT NULL,
    words       TEXT NOT NULL,
    fields      TEXT NOT NULL,                  -- what it had put, as JSON
    at          INTEGER NOT NULL,
    replaced_by BLOB
) WITHOUT ROWID;
CREATE INDEX quarantine_replaced ON quarantine (replaced_by) WHERE replaced_by IS NOT NULL;
