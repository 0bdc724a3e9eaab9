-- Names and addresses are compared in a folded form that the program makes: what the databases call `lower()` differs.
-- The columns and the words are filled after this migration (`names.rs`). NULL is a name that nobody has.
ALTER TABLE users ADD COLUMN username_key TEXT;
ALTER TABLE users ADD COLUMN email_key TEXT;
DROP INDEX users_username;
DROP INDEX users_email;
CREATE UNIQUE INDEX users_username ON users (username_key, name_twin);
CREATE UNIQUE INDEX users_email ON users (email_key, name_twin);
CREATE INDEX users_phone ON users (phone_number) WHERE phone_number IS NOT NULL;

CREATE TABLE name_words (
  -- A word of a person's names, folded: UTF-8 as bytes, which all databases compare in the same way.
  word BYTEA NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (word, user_id)
);
CREATE INDEX name_words_user ON name_words (user_id);

-- With which version of the rules names are folded, and up to which person while that is under way.
CREATE TABLE name_folding (
  version BIGINT NOT NULL,
  position TEXT
);

-- A client's id of a message holds in its conversation. The unique constraint on the sender and this column stays as it is, so the
-- column has the conversation in front: its id, a line feed (which no client's id has), the client's id.
ALTER TABLE messages RENAME COLUMN client_message_id TO client_key;
UPDATE messages SET client_key = conversation_id || '
' || client_key WHERE client_key IS NOT NULL;
