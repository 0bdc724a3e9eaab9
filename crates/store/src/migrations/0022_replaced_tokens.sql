-- Tokens of a session that were replaced, each still taken for some minutes. Older rows can go.
CREATE TABLE replaced_tokens (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- `none` stands for the tokens without an id that earlier versions gave.
  token_id TEXT NOT NULL,
  replaced_at BIGINT NOT NULL,
  PRIMARY KEY (session_id, token_id)
);
INSERT INTO replaced_tokens (session_id, token_id, replaced_at)
  SELECT id, replaced_token_id, token_replaced_at FROM sessions
  WHERE replaced_token_id IS NOT NULL AND token_replaced_at IS NOT NULL;
ALTER TABLE sessions DROP COLUMN replaced_token_id;
ALTER TABLE sessions DROP COLUMN token_replaced_at;

-- Attempts to sign in under a name as it was typed, from one network, whether or not somebody has that name: what a caller
-- is told follows from these alone. The attempts that an account allows are counted with the account.
CREATE TABLE guessed_names (
  -- SHA-256 of the folded name, and of the network, in hexadecimal.
  name_hash TEXT NOT NULL,
  network_hash TEXT NOT NULL,
  failed_attempts BIGINT NOT NULL DEFAULT 0,
  last_failed_at BIGINT NOT NULL,
  locked_until BIGINT,
  PRIMARY KEY (name_hash, network_hash)
);
CREATE INDEX guessed_names_last_failed_at ON guessed_names (last_failed_at);
DROP TABLE unknown_sign_ins;
