-- The server's database. The bank and the change log are the truth; rows, contributions and tallies are derived from
-- them and can be thrown away. Feeds say what each audience was told in which order.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO setting (name, value)
VALUES ('sequence', 0), ('bank_version', 1), ('campaign_version', 1), ('ledger_version', 1);

CREATE TABLE unit (
    id     TEXT PRIMARY KEY,
    parent TEXT,
    level  TEXT NOT NULL,
    name   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE person (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE membership (
    person     TEXT NOT NULL,
    unit       TEXT NOT NULL,
    from_date  TEXT NOT NULL,
    until_date TEXT,
    PRIMARY KEY (person, unit, from_date)
) WITHOUT ROWID;

CREATE TABLE device (
    number INTEGER PRIMARY KEY,
    person TEXT NOT NULL
);

-- A hash stands here once, since the gate lets no change into its record twice. It has no index: hashes have no order, so
-- with many changes stored each new one would touch a page of its own.
CREATE TABLE change (
    seq         INTEGER PRIMARY KEY,
    record      BLOB NOT NULL,
    hash        BLOB NOT NULL,
    device      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       BLOB NOT NULL
);
CREATE INDEX change_of_record ON change (record, seq);

-- What each device has sent so far, taken or refused.
CREATE TABLE sent (
    device  INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL,
    bytes   INTEGER NOT NULL
);

-- What the server would not take, with its bytes.
CREATE TABLE quarantine (
    hash        BLOB NOT NULL,
    record      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    device      INTEGER NOT NULL,
    code        TEXT NOT NULL,
    words       TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    PRIMARY KEY (hash, device)
) WITHOUT ROWID;

CREATE TABLE record (
    id          BLOB NOT NULL PRIMARY KEY,
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
    received_at INTEGER NOT NULL,               -- of its first change
    seq         INTEGER NOT NULL                -- of its last change
);
CREATE INDEX record_by_prospect ON record (prospect, kind, seq, unit);
CREATE INDEX record_campaigns ON record (id) WHERE kind = 'campaign';

-- Which records each audience has, and had.
CREATE TABLE feed (
    feed    TEXT NOT NULL,
    record  BLOB NOT NULL,
    entered INTEGER NOT NULL,
    last    INTEGER NOT NULL,                   -- when the audience was last told of it
    gone    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (record, feed)
) WITHOUT ROWID;

-- What each audience was told, in order: a record and the number of the first change that was new of it.
CREATE TABLE told (
    feed   TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (feed, seq)
) WITHOUT ROWID;

CREATE TABLE contribution (
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
    PRIMARY KEY (prospect, source, campaign, metric)
) WITHOUT ROWID;
CREATE INDEX contribution_of_unit ON contribution (campaign, unit, week);
CREATE INDEX contribution_of_person ON contribution (campaign, person, week);

-- Sums of contributions, kept by difference.
CREATE TABLE tally (
    campaign BLOB NOT NULL,
    unit     TEXT NOT NULL,
    week     INTEGER NOT NULL,
    metric   TEXT NOT NULL,
    status   TEXT NOT NULL,
    value    INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (campaign, unit, week, metric, status)
) WITHOUT ROWID;
