-- What an account manager's day is made from. Of each prospect one narrow row, so that no list has to look through its visits:
-- derived from `record` and `retired` as rows are, and written with them.

CREATE TABLE glance (
    prospect    BLOB PRIMARY KEY,
    known       INTEGER NOT NULL DEFAULT 0,     -- 1: its own record is here, and stands
    tier        TEXT,                           -- by value
    same_as     BLOB,                           -- the prospect of which this is a linked duplicate
    unit        TEXT,                           -- of its present assignment
    owner       TEXT,                           -- likewise
    last_visit  BLOB,                           -- the newest done visit; null also if that left the phone because it is old
    last_at     INTEGER,                        -- when that was
    last_owner  TEXT,
    last_author INTEGER,
    next_at     INTEGER,                        -- when that visit's next step is due
    stage       TEXT,                           -- null: no move yet
    stage_at    INTEGER,
    reserve     INTEGER                         -- in fen
) WITHOUT ROWID;
CREATE INDEX glance_of_owner ON glance (owner);
CREATE INDEX glance_next ON glance (next_at, last_visit, owner, last_owner, last_author) WHERE next_at IS NOT NULL;
CREATE INDEX glance_same ON glance (same_as) WHERE same_as IS NOT NULL;

-- A done visit's next step stands in `glance`: most are overtaken by a later visit.
CREATE INDEX record_due ON record (kind, due_at, owner, author, prospect, occurred_at)
    WHERE due_at IS NOT NULL AND (kind <> 'visit' OR occurred_at IS NULL);
-- Whose a record is: the person it names, or else whoever holds the phone that began it.
CREATE INDEX record_of_owner ON record (kind, owner, occurred_at) WHERE owner IS NOT NULL;
CREATE INDEX record_of_author ON record (kind, author, occurred_at) WHERE owner IS NULL;

-- What somebody has begun to write and not finished, as typed.
CREATE TABLE draft (
    id       BLOB PRIMARY KEY,                  -- of the record that it becomes, if it edits none
    kind     TEXT NOT NULL,
    prospect BLOB,
    record   BLOB,                              -- the record that it edits
    fields   TEXT NOT NULL,
    at       INTEGER NOT NULL,                  -- when it was last saved, by this phone's clock
    heads    BLOB                               -- of the record that it edits, as that was when it was begun
) WITHOUT ROWID;

-- What is here already. Kinds that came with this are derived as the app derives its rows anew.
INSERT INTO glance (prospect, known, tier)
    SELECT id, state = 'active', body ->> '$."tier/value"' FROM record WHERE kind = 'prospect';
INSERT OR IGNORE INTO glance (prospect)
    SELECT DISTINCT prospect FROM record WHERE prospect IS NOT NULL AND kind IN ('visit', 'assignment');
UPDATE glance SET (unit, owner) = (
    SELECT unit, owner FROM record WHERE prospect = glance.prospect AND kind = 'assignment' AND state = 'active'
    ORDER BY occurred_at DESC, id DESC LIMIT 1);
UPDATE glance SET (last_visit, last_at, last_owner, last_author, next_at) = (
    SELECT id, occurred_at, owner, author, due_at FROM record
    WHERE prospect = glance.prospect AND kind = 'visit' AND state = 'active' AND occurred_at IS NOT NULL
    ORDER BY occurred_at DESC, id DESC LIMIT 1);
UPDATE glance SET last_visit = NULL, next_at = NULL, last_at = old.at
    FROM (SELECT prospect, max(occurred_at) AS at FROM retired WHERE kind = 'visit' GROUP BY prospect) AS old
    WHERE old.prospect = glance.prospect AND coalesce(last_at, -1) < old.at;
