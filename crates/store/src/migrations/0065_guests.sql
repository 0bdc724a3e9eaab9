-- Where a guest begins to see a conversation: after the message with this number.
ALTER TABLE guests ADD COLUMN sees_after BIGINT NOT NULL DEFAULT 0;
-- The name of a guest for comparisons: no two guests of a conversation have the same.
ALTER TABLE guests ADD COLUMN username_key TEXT;
CREATE INDEX guests_name ON guests (conversation_id, username_key) WHERE is_active;
-- Guests who were not active for a long time have left, and those who were active lately are online.
CREATE INDEX guests_active ON guests (last_active_at) WHERE is_active;
CREATE INDEX guests_online ON guests (conversation_id, last_active_at) WHERE is_active;
-- What makes a message that a guest sends again the same: the guest, and the client's id for it.
ALTER TABLE messages ADD COLUMN guest_client_key TEXT;
CREATE UNIQUE INDEX messages_guest_client ON messages (guest_client_key);
-- The quota of a guest.
CREATE INDEX attachments_guest_quota ON attachments (uploaded_by, file_size) WHERE is_anonymous AND NOT is_forwarded;
-- The links that a user has created, from the newest on.
DROP INDEX share_links_creator;
CREATE INDEX share_links_creator ON share_links (created_by, created_at);
-- How many guests are there by a link. What the old system says of it stays as it was imported.
ALTER TABLE share_links ADD COLUMN guest_count BIGINT NOT NULL DEFAULT 0;
-- A link that was removed keeps its row, for the guests who came by it and what they wrote.
ALTER TABLE share_links ADD COLUMN removed_at BIGINT;
-- Guests of the old system begin to count as readers.
INSERT INTO conversation_languages AS c (conversation_id, language, members, readers, messages)
  SELECT conversation_id, language, 0, count(*), 0 FROM guests WHERE is_active GROUP BY conversation_id, language
  ON CONFLICT (conversation_id, language) DO UPDATE SET readers = c.readers + excluded.readers;
