-- System messages are in no language, and nobody has sent them.
ALTER TABLE conversations ADD COLUMN system_message_count BIGINT NOT NULL DEFAULT 0;
UPDATE conversations SET system_message_count = s.total FROM
  (SELECT conversation_id, count(*) AS total FROM messages
   WHERE message_source = 'system' AND deleted_at IS NULL GROUP BY conversation_id) s
WHERE s.conversation_id = conversations.id;
UPDATE conversation_languages SET messages = messages - s.total FROM
  (SELECT conversation_id, original_language, count(*) AS total FROM messages
   WHERE message_source = 'system' AND deleted_at IS NULL GROUP BY conversation_id, original_language) s
WHERE s.conversation_id = conversation_languages.conversation_id AND s.original_language = conversation_languages.language;

-- What somebody has done lately.
CREATE INDEX system_messages_of_actor ON system_messages (actor_id, message_id);
DROP INDEX system_messages_actor;

-- What users have written. Last, because it locks the table for everybody until the end.
DROP INDEX messages_written;
CREATE INDEX messages_written ON messages (sender_id, conversation_id, sequence)
  WHERE deleted_at IS NULL AND sender_id IS NOT NULL AND message_source <> 'system';
