-- A device gets the notifications of one account at a time. Rows of the old system have no key until their device is
-- registered again.
ALTER TABLE push_tokens ADD COLUMN token_key TEXT;
CREATE UNIQUE INDEX push_tokens_key ON push_tokens (token_key);
CREATE INDEX push_tokens_token ON push_tokens (token);

-- The notifications of a user are listed from the newest on.
CREATE INDEX notifications_newest ON notifications (user_id, created_at);
