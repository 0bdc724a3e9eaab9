-- How many members and messages of each language a conversation has, kept up to date with every change, so that
-- nothing has to be counted when a message is sent or a conversation is looked at.
CREATE TABLE conversation_languages (
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  -- Active members whose own language it is.
  members BIGINT NOT NULL DEFAULT 0,
  -- Active members who have messages translated into it.
  readers BIGINT NOT NULL DEFAULT 0,
  -- Messages written in it that were not deleted.
  messages BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation_id, language)
);

INSERT INTO conversation_languages (conversation_id, language, members, readers, messages)
SELECT conversation_id, language, sum(members), sum(readers), sum(messages) FROM (
  SELECT m.conversation_id, u.system_language AS language, 1 AS members, 0 AS readers, 0 AS messages
    FROM members m JOIN users u ON u.id = m.user_id WHERE m.is_active AND u.is_active AND u.deleted_at IS NULL
  UNION ALL
  SELECT m.conversation_id,
      CASE WHEN u.use_custom_destination AND u.custom_destination_language IS NOT NULL THEN u.custom_destination_language
           WHEN u.translate_to_system_language THEN u.system_language
           WHEN u.translate_to_regional_language AND u.regional_language IS NOT NULL THEN u.regional_language
           ELSE u.system_language END,
      0, 1, 0
    FROM members m JOIN users u ON u.id = m.user_id WHERE m.is_active AND u.is_active AND u.deleted_at IS NULL AND u.auto_translate_enabled
  UNION ALL
  SELECT conversation_id, original_language, 0, 0, 1 FROM messages WHERE deleted_at IS NULL
) counted GROUP BY conversation_id, language;

UPDATE conversations SET member_count =
  (SELECT count(*) FROM members m WHERE m.conversation_id = conversations.id AND m.is_active);

-- The first members of a conversation, in order of joining.
CREATE INDEX members_first ON members (conversation_id, joined_at, id) WHERE is_active;
-- From whom a message is hidden because they cleared its conversation away.
CREATE INDEX conversation_preferences_cleared ON conversation_preferences (conversation_id, clear_history_before)
  WHERE clear_history_before IS NOT NULL;
