-- No statement uses these, but every message had to update them. Without them, a new message changes no indexed
-- column of its conversation, which PostgreSQL can then update in place (a heap-only tuple).
DROP INDEX conversations_active;
DROP INDEX conversations_kind;
DROP INDEX messages_live;
