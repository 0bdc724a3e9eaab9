-- How many people and guests have reacted to a message with an emoji, kept up to date with every reaction, so that nothing
-- has to be counted when a message is shown. An import counts anew.
CREATE TABLE reaction_counts (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  emoji TEXT NOT NULL,
  total BIGINT NOT NULL,
  -- When the first of them reacted.
  since BIGINT NOT NULL,
  PRIMARY KEY (message_id, emoji)
);

INSERT INTO reaction_counts (message_id, emoji, total, since)
SELECT message_id, emoji, count(*), min(created_at) FROM reactions GROUP BY message_id, emoji;

-- Who reacted with an emoji, in order; and the reactions of a user, the latest first.
CREATE INDEX reactions_emoji ON reactions (message_id, emoji, created_at, id);
CREATE INDEX reactions_latest ON reactions (user_id, created_at, id) WHERE user_id IS NOT NULL;

-- The numbers of deleted messages, which do not count as unread. As an expression, so that no planner prefers the index of
-- all numbers and reads every unread message.
CREATE INDEX messages_deleted ON messages (conversation_id, (sequence + 0)) WHERE deleted_at IS NOT NULL;
-- Messages that expire, in order of time.
CREATE INDEX messages_expiry ON messages (expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
-- The latest mentions of a user.
CREATE INDEX mentions_latest ON mentions (user_id, message_id);
