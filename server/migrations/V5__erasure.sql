-- What was erased, by a person's right over their data. Changes of it keep their places, hashes and marks, but no bytes; its
-- contributions stay as they stood. Ids stand also in a file beside the secret file, so that a backup brings nothing back.
CREATE TABLE erased (
    record    BLOB PRIMARY KEY,
    kind      TEXT,                             -- unknown of what came back with no backup
    erased_at INTEGER NOT NULL
) WITHOUT ROWID;
