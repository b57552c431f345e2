-- The bytes of attachments, beside their records. They come and go in units of 64 KiB, each in a transaction with what says how
-- far it has come.

CREATE TABLE blob (
    digest  BLOB PRIMARY KEY,
    size    INTEGER NOT NULL,
    here    INTEGER NOT NULL,                   -- how many bytes are here, from the first on; once all are, they are verified
    used_at INTEGER NOT NULL                    -- when somebody last attached, wanted or looked at it
) WITHOUT ROWID;

CREATE TABLE piece (
    digest BLOB NOT NULL,
    number INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (digest, number)
);

-- Which record's bytes they are, and what the server has of them. A row outlives its record on this phone as long as the server
-- lacks what is here.
CREATE TABLE attachment (
    record       BLOB PRIMARY KEY,
    digest       BLOB NOT NULL,
    size         INTEGER NOT NULL,
    wanted       INTEGER NOT NULL,              -- 1: to be fetched
    there        INTEGER NOT NULL DEFAULT 0,    -- how many bytes the server has, as it last said
    confirmed_at INTEGER                        -- when it last said that it has all; null: it may not
) WITHOUT ROWID;
CREATE INDEX attachment_of_digest ON attachment (digest);
