-- What has happened that may concern somebody, until they are notified. In one row, whatever it is.
CREATE TABLE notification_queue (
  -- Empty if it did not happen in a conversation.
  conversation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- By the clock of the database.
  at BIGINT NOT NULL,
  -- The message whose translations are waited for.
  message_id TEXT,
  PRIMARY KEY (conversation_id, kind, subject)
);
-- The unread notifications of some users about a conversation.
CREATE INDEX notifications_unread_in ON notifications (conversation_id, user_id) WHERE NOT is_read;
