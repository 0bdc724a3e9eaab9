-- Which set of data this is: a copy under another server is another one only if it is given another id.
CREATE TABLE data_set (
  only_one BIGINT PRIMARY KEY CHECK (only_one = 1),
  id TEXT NOT NULL
);

-- What is counted and looked up to hide what the old system hid.
CREATE INDEX messages_expiring ON messages (conversation_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX users_blocking ON users (id) WHERE blocked_user_ids <> '[]';
