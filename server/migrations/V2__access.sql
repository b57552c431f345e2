-- Who may come in, and what was done: phones' keys, invitations, what is held, logins, sessions, the audit log. None of it
-- can be made anew from the change log.

-- Owners of assignments decide who may hold dossiers; a record's kind, whether its bytes are sealed.
ALTER TABLE change ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;       -- 1: encrypted by the key of the secret file
ALTER TABLE record ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;       -- 1: body and conflicts are
ALTER TABLE quarantine ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;

-- A record of an unconfidential kind is in one feed; a dossier in those of its people and its unit's leaders.

-- The fingerprint of the secret file by which this database is written.
CREATE TABLE secret_check (value BLOB NOT NULL);

CREATE TABLE device_key (
    number       INTEGER PRIMARY KEY,           -- as in device
    public_key   BLOB NOT NULL,                 -- P-256, compressed
    enrolled_at  INTEGER NOT NULL,
    seen_at      INTEGER,                       -- the last request that was its own
    revoked_at   INTEGER,
    revoked_by   TEXT,
    reason       TEXT,
    told         INTEGER NOT NULL DEFAULT 0,    -- the latest sequence in a token that it returned
    hand_over    TEXT NOT NULL DEFAULT 'no',    -- no | offered | taken: what it had not pushed
    handed_over  BLOB                           -- the digest of what was taken, so that a repetition is answered alike
);

CREATE TABLE invitation (
    id         INTEGER PRIMARY KEY,
    person     TEXT NOT NULL,
    code_hash  BLOB NOT NULL,
    made_by    TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,      -- that failed
    used_at    INTEGER,
    device     INTEGER,                         -- that came of it
    public_key BLOB                             -- so that a repetition by the same phone is answered alike
);

-- Changes that wait for a leader's decision, sealed.
CREATE TABLE held (
    place       INTEGER PRIMARY KEY,            -- the order in which they came
    hash        BLOB NOT NULL,
    record      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    device      INTEGER NOT NULL,
    prospect    BLOB,
    unit        TEXT,                           -- whose leaders decide while the prospect is nobody's; none: head office
    code        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    UNIQUE (hash, device)
);
CREATE INDEX held_record ON held (record, device, place);

-- Readings of dossiers on phones that the audit log has, so that one that arrives twice is noted once.
CREATE TABLE reading (
    id     BLOB PRIMARY KEY,
    device INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE login (
    person        TEXT PRIMARY KEY,
    password      TEXT NOT NULL,                -- argon2id, in PHC form
    one_time      INTEGER NOT NULL DEFAULT 0,   -- 1: must be changed at the next login
    one_time_until INTEGER,
    totp          BLOB,                         -- sealed
    totp_confirmed INTEGER NOT NULL DEFAULT 0,
    totp_step     INTEGER NOT NULL DEFAULT 0,   -- the last one used: a code holds once
    made_at       INTEGER NOT NULL,
    disabled_at   INTEGER
) WITHOUT ROWID;

-- Failures in a row to log in, by the mark of the name that was typed: of people and of names that nobody has alike.
CREATE TABLE attempt (
    name         BLOB PRIMARY KEY,
    failures     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    locked_until INTEGER
) WITHOUT ROWID;
CREATE INDEX attempt_by_time ON attempt (last_at);

CREATE TABLE recovery_code (
    person  TEXT NOT NULL,
    hash    BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (person, hash)
) WITHOUT ROWID;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    id         INTEGER NOT NULL UNIQUE,         -- by which it is listed and ended
    person     TEXT NOT NULL,
    stage      TEXT NOT NULL,                   -- password | full: whether the second factor was given
    made_at    INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address    TEXT NOT NULL,
    agent      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_person ON session (person);

-- Append-only: each entry's hash covers the one before.
CREATE TABLE audit (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,                      -- person/WF, device/7, operator, server
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
