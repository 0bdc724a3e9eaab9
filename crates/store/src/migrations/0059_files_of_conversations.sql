-- The conversation and the kind of a file that belongs to a message, to list the files of a conversation. They follow from
-- the message and the type; those of files that are there are set right after this migration.
ALTER TABLE attachments ADD COLUMN conversation_id TEXT;
ALTER TABLE attachments ADD COLUMN kind TEXT;
CREATE INDEX attachments_conversation ON attachments (conversation_id, created_at);
CREATE INDEX attachments_kind ON attachments (conversation_id, kind, created_at);
