-- What a phone looks things up by. All of it is derived from rows, and changes with them.

-- The list of prospects: what a search, a list of targets and a comparison of twins need of each. The app reads it into memory,
-- and from then on only what has a later revision.
CREATE TABLE gazetteer (
    record        BLOB PRIMARY KEY,
    revision      INTEGER NOT NULL,
    gone          INTEGER NOT NULL,                 -- 1: withdrawn, and nothing else is said of it
    name          TEXT NOT NULL DEFAULT '',
    address       TEXT NOT NULL DEFAULT '',
    district      TEXT,
    lat           INTEGER,
    lon           INTEGER,
    households    INTEGER,
    floor_area    INTEGER,
    fund_actual   INTEGER,
    fund_estimate INTEGER,
    price         INTEGER,
    management    TEXT,
    ring          TEXT,
    category      TEXT,
    same_as       BLOB,                             -- somebody said that it is the same as this one
    last_contact  INTEGER,                          -- when the newest visit took place
    owner         TEXT                              -- whose it is by its newest assignment
) WITHOUT ROWID;
CREATE INDEX gazetteer_by_revision ON gazetteer (revision);

CREATE TABLE listed (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    revision   INTEGER NOT NULL,                    -- of the list's latest change
    generation INTEGER NOT NULL                     -- how often something was taken out, of which the list keeps nothing
);
INSERT INTO listed (only, revision, generation) VALUES (1, 1, 0);

-- What an earlier version recorded is found at once after an update.
INSERT INTO gazetteer
SELECT id, 1, 0, coalesce(body ->> '$.name', ''), coalesce(body ->> '$.address', ''), body ->> '$.district',
       body ->> '$."place/lat"', body ->> '$."place/lon"', body ->> '$.households', body ->> '$.floor_area',
       body ->> '$.fund_actual', body ->> '$.fund_estimate', body ->> '$.price_level', body ->> '$.management_quality',
       body ->> '$.ring', body ->> '$.category', unhex(body ->> '$.same_as.b'),
       (SELECT max(occurred_at) FROM record AS visit
        WHERE visit.prospect = record.id AND visit.kind = 'visit' AND visit.state = 'active'),
       (SELECT owner FROM record AS held WHERE held.prospect = record.id AND held.kind = 'assignment'
        ORDER BY held.occurred_at DESC, held.id DESC LIMIT 1)
FROM record WHERE kind = 'prospect' AND state = 'active';

-- What people wrote, folded as it is searched: the characters as UTF-16, a zero between two fields. The index has every pair of
-- neighbouring characters, and no positions: what has all pairs of a search is read to see whether it has the text. New notes
-- are read until there are enough of them to be indexed together.
CREATE TABLE note (
    place   INTEGER PRIMARY KEY,                    -- the time in seconds, moved where that is taken: newest first
    record  BLOB NOT NULL UNIQUE,
    at      INTEGER NOT NULL,                       -- the time in seconds
    words   BLOB NOT NULL,
    indexed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX note_unindexed ON note (place) WHERE indexed = 0;
CREATE VIRTUAL TABLE note_index USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
-- What goes is gone from the file, too.
INSERT INTO note_index (note_index, rank) VALUES ('secure-delete', 1);
