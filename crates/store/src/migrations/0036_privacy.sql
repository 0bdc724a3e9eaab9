-- What a user hides from others, as their `user_preferences.privacy` says, where queries read it. The columns of a database
-- that has such preferences are set right after this migration.
ALTER TABLE users ADD COLUMN hides_online_status BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_last_seen BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_read_receipts BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_typing BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_profile BOOLEAN NOT NULL DEFAULT FALSE;
