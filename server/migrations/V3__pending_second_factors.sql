-- The secret of a second factor that a session is setting up, sealed: it is that session's alone.
ALTER TABLE session ADD COLUMN totp BLOB;
UPDATE login SET totp = NULL WHERE totp_confirmed = 0;
