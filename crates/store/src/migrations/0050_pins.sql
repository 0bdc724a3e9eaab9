-- The pinned messages of a conversation, the latest pin last.
CREATE INDEX messages_pinned ON messages (conversation_id, pinned_at) WHERE pinned_at IS NOT NULL;
