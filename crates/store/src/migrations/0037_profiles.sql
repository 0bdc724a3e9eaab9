-- What somebody has written, for the figures of a profile.
CREATE INDEX messages_sender ON messages (sender_id, conversation_id) WHERE deleted_at IS NULL AND sender_id IS NOT NULL;

-- Pictures that users have uploaded for their profiles. `users.avatar` has the path of the current one.
CREATE TABLE avatars (
  -- SHA-256 of the user and the content, in hexadecimal.
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  mime_type TEXT NOT NULL,
  content BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- Friend requests of a user, newest first, in both directions.
CREATE INDEX friend_requests_sent ON friend_requests (sender_id, id);
CREATE INDEX friend_requests_received ON friend_requests (receiver_id, id);

-- Reports by a user: each thing once, and not too many a day.
CREATE INDEX reports_reporter ON reports (reporter_id, created_at);
CREATE INDEX reports_entity ON reports (reporter_id, reported_entity_id);
