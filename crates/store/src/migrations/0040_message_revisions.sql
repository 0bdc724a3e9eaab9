-- The texts that a message had before it was edited.
CREATE TABLE message_revisions (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  revision BIGINT NOT NULL,
  content TEXT NOT NULL,
  language TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  PRIMARY KEY (message_id, revision)
);
