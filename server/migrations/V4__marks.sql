-- A random number noted with each change, by which a phone finds out whether this server still has what it acknowledged.
ALTER TABLE change ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
