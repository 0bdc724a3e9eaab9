-- What a user hides from others, as their `user_preferences.privacy` says, where queries read it. The columns of a database
-- that has such preferences are set right after this migration.
ALTER TABLE users ADD COLUMN hides_online_status BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_last_seen BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_read_receipts BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_typing BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN hides_profile BOOLEAN NOT NULL DEFAULT FALSE;

-- For the overview of a user.
CREATE INDEX IF NOT EXISTS share_links_creator ON share_links (created_by);
-- For the search of conversations: those that are open to everybody, the most recently active first.
CREATE INDEX conversations_public ON conversations (last_message_at) WHERE is_active AND kind IN ('public', 'global');
CREATE INDEX conversations_identifier_folded ON conversations (lower(identifier));
