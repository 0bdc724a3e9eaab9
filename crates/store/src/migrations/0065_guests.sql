-- Where a guest begins to see a conversation: after the message with this number.
ALTER TABLE guests ADD COLUMN sees_after BIGINT NOT NULL DEFAULT 0;
-- Guests who were not active for a long time have left.
CREATE INDEX guests_active ON guests (last_active_at) WHERE is_active;
-- Their names are unique in a conversation, and nobody is counted twice with them.
CREATE INDEX guests_name ON guests (conversation_id, username) WHERE is_active;
-- What makes a message that a guest sends again the same: the guest, and the client's id for it.
ALTER TABLE messages ADD COLUMN guest_client_key TEXT;
CREATE UNIQUE INDEX messages_guest_client ON messages (guest_client_key) WHERE guest_client_key IS NOT NULL;
-- The links that a user has created, from the newest on.
DROP INDEX share_links_creator;
CREATE INDEX share_links_creator ON share_links (created_by, created_at);
-- A link that was removed keeps its row, for the guests who came by it and what they wrote.
ALTER TABLE share_links ADD COLUMN removed_at BIGINT;
