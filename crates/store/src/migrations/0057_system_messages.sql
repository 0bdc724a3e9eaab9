-- What the system messages written here tell. Those of the old system have only a text.
CREATE TABLE system_messages (
  message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  event TEXT NOT NULL,
  actor_id TEXT NOT NULL REFERENCES users (id),
  target_id TEXT REFERENCES users (id),
  -- The new title.
  value TEXT
);

CREATE INDEX system_messages_actor ON system_messages (actor_id);
CREATE INDEX system_messages_target ON system_messages (target_id) WHERE target_id IS NOT NULL;

-- The numbers of messages that do not count as unread: deleted ones and system messages. As an expression, so that no planner
-- prefers the index of all numbers and reads every unread message.
CREATE INDEX messages_uncounted ON messages (conversation_id, (sequence + 0))
  WHERE deleted_at IS NOT NULL OR message_source = 'system';
-- Last, because it locks the table for everybody until the end.
DROP INDEX messages_deleted;
