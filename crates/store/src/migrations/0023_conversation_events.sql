-- Every durable change of a conversation, numbered without gaps, so that clients and other processes that have missed
-- some read what came after the number they know. Old rows are pruned. No index besides the primary key.
CREATE TABLE conversation_events (
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  -- What has changed: 'created', 'message', 'edit', 'translation' or 'read'.
  kind TEXT NOT NULL,
  -- Of what: a message, a message and a language, a person.
  subject TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, number)
);

-- The number of the newest one, also when its row was pruned.
ALTER TABLE conversations ADD COLUMN last_event BIGINT NOT NULL DEFAULT 0;
