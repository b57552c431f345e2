-- A team's outcome is several contributions, one for each of its people.
CREATE TABLE contribution_of_people (
    campaign BLOB NOT NULL,
    source   BLOB NOT NULL,
    metric   TEXT NOT NULL,
    prospect BLOB NOT NULL,
    unit     TEXT NOT NULL,                     -- '' for none
    person   TEXT NOT NULL,                     -- '' for none
    week     INTEGER NOT NULL,
    value    INTEGER NOT NULL,
    status   TEXT NOT NULL,
    rule     TEXT NOT NULL,
    PRIMARY KEY (prospect, source, campaign, metric, person)
) WITHOUT ROWID;
INSERT INTO contribution_of_people SELECT * FROM contribution;
DROP TABLE contribution;
ALTER TABLE contribution_of_people RENAME TO contribution;
CREATE INDEX contribution_of_unit ON contribution (campaign, unit, week);
CREATE INDEX contribution_of_person ON contribution (campaign, person, week);

-- Which contributions differ, or may, from those that were sealed last.
CREATE TABLE unsealed (
    campaign BLOB NOT NULL,
    prospect BLOB NOT NULL,
    source   BLOB NOT NULL,
    metric   TEXT NOT NULL,
    person   TEXT NOT NULL,
    PRIMARY KEY (campaign, prospect, source, metric, person)
) WITHOUT ROWID;
INSERT INTO unsealed SELECT campaign, prospect, source, metric, person FROM contribution;

-- Each time that bulletins of a campaign were sealed: by what they can be recomputed.
CREATE TABLE sealing (
    n         INTEGER PRIMARY KEY,
    campaign  BLOB NOT NULL,
    sealed_at INTEGER NOT NULL,
    sealed_by TEXT NOT NULL,                    -- person/WF, operator, server: by the calendar
    sequence  INTEGER NOT NULL,                 -- how far the change log had come
    bank      BLOB NOT NULL                     -- the digest of the bank as it was then
);

-- The bank as it was at a sealing: its tables are corrected later.
CREATE TABLE sealed_bank (
    digest BLOB PRIMARY KEY,
    body   BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX record_bulletins ON record (id) WHERE kind = 'bulletin';

-- Contributions as they were sealed, from one sealing on and up to (not including) another: by difference, never changed.
CREATE TABLE sealed (
    campaign BLOB NOT NULL,
    prospect BLOB NOT NULL,
    source   BLOB NOT NULL,
    metric   TEXT NOT NULL,
    person   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER,
    unit     TEXT NOT NULL,
    week     INTEGER NOT NULL,
    value    INTEGER NOT NULL,
    status   TEXT NOT NULL,
    rule     TEXT NOT NULL,
    PRIMARY KEY (campaign, prospect, source, metric, person, since)
) WITHOUT ROWID;
CREATE INDEX sealed_of_unit ON sealed (campaign, unit, week);

CREATE INDEX record_prospects ON record (id) WHERE kind = 'prospect';
CREATE INDEX record_disputes ON record (seq) WHERE kind = 'dispute';

-- 周通报: the sealed weekly ranking and its revisions.
CREATE TABLE bulletin (
    campaign BLOB NOT NULL,
    week     INTEGER NOT NULL,
    revision INTEGER NOT NULL,                  -- from 1
    sealing  INTEGER NOT NULL,
    digest   BLOB NOT NULL,                     -- SHA-256 of the sheet
    body     BLOB NOT NULL,                     -- what it says
    PRIMARY KEY (campaign, week, revision)
) WITHOUT ROWID;
