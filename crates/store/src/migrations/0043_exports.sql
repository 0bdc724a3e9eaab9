-- What somebody has written, for the figures of a profile and, in order, for an export.
DROP INDEX messages_sender;
CREATE INDEX messages_written ON messages (sender_id, conversation_id, sequence) WHERE deleted_at IS NULL AND sender_id IS NOT NULL;
