-- Who this phone is, since its enrolment, with the lease of its dossiers; and the server's receipts. A file of dossiers has the
-- same tables, but never a row of `phone` or `reading`.

CREATE TABLE phone (
    only               INTEGER PRIMARY KEY CHECK (only = 1),
    device             INTEGER NOT NULL,
    person             TEXT NOT NULL,
    name               TEXT NOT NULL,
    server_key         BLOB NOT NULL,
    public_key         BLOB NOT NULL,
    secret             BLOB,                        -- null: the key lies in the platform's key store
    token              BLOB NOT NULL,
    dossier_key        BLOB,                        -- null: no lease, or it has run out
    lease_ms           INTEGER NOT NULL DEFAULT 0,
    lease_spent_ms     INTEGER NOT NULL DEFAULT 0,
    lease_seen_at      INTEGER NOT NULL DEFAULT 0,
    lease_backwards_ms INTEGER NOT NULL DEFAULT 0,
    locked_outstanding INTEGER NOT NULL DEFAULT 0   -- changes in the file of dossiers that the server lacks, while it is locked
);

CREATE TABLE receipt (
    number INTEGER PRIMARY KEY,
    body   BLOB NOT NULL
);
ALTER TABLE change ADD COLUMN receipt INTEGER;      -- the server's proof of who wrote it

CREATE TABLE reading (
    id      BLOB PRIMARY KEY,
    dossier BLOB NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID;

DELETE FROM setting WHERE name = 'owner';
