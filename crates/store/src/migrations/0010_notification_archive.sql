-- Old notifications, out of the way of the others. Each row holds many of one person's, oldest first: lines of JSON, gzip.
CREATE TABLE archived_notifications (
  -- The id of the first of them.
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  count BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  notifications BYTEA NOT NULL
);
CREATE INDEX archived_notifications_user ON archived_notifications (user_id, last_at);
