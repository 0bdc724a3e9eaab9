-- Who has blocked whom, to be looked up from both sides. The rows follow `users.blocked_user_ids`, the list as the old
-- system knows it; those of a database that has such lists are added right after this migration.
CREATE TABLE blocks (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, blocked_id)
);
CREATE INDEX blocks_blocked ON blocks (blocked_id, user_id);
