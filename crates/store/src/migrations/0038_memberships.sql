-- Who was banned from a conversation, and since when.
ALTER TABLE members ADD COLUMN banned_at BIGINT;
-- The newest membership of a user: a gateway compares the rooms of a socket with the memberships when it changes.
CREATE INDEX members_joined ON members (user_id, joined_at);
