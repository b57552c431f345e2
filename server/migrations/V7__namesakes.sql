-- Communities by their names, as far as people write a name alike: so that who begins one is told that another unit works it.
CREATE TABLE namesake (
    prospect BLOB PRIMARY KEY,
    name     INTEGER NOT NULL                   -- a number for district and name
) WITHOUT ROWID;
CREATE INDEX namesake_by_name ON namesake (name);

CREATE TRIGGER namesake_goes AFTER DELETE ON record WHEN OLD.kind = 'prospect' BEGIN
    DELETE FROM namesake WHERE prospect = OLD.id;
END;
