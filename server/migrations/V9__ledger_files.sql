-- Ledger files as they were brought in, for the report that matches them with claims. What they say is about customers, so
-- names and rows lie encrypted.
CREATE TABLE ledger_file (
    id         INTEGER PRIMARY KEY,
    digest     BLOB NOT NULL,                   -- a mark under the server's secret: says nothing to others
    name       BLOB NOT NULL,                   -- sealed
    brought_by TEXT NOT NULL,
    brought_at INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    bytes      BLOB NOT NULL,                   -- sealed: line, reference, fen, day
    UNIQUE (digest, brought_by)
);

-- What waits for a verdict, however much there was in all.
CREATE INDEX contribution_pending ON contribution (campaign, source) WHERE status = 'pending';

-- Outcomes among all records: a booking in a ledger file may be claimed by any of them.
CREATE INDEX record_outcomes ON record (id) WHERE kind = 'outcome';
