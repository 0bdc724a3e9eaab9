-- The code that makes the first administrator; only its hash is kept.
CREATE TABLE setup_code (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  code_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- The id of the token that a session was given last, the one that it replaced, and when. NULL until a session is given
-- a token with an id; `none` stands for the tokens without an id that earlier versions gave.
ALTER TABLE sessions ADD COLUMN token_id TEXT;
ALTER TABLE sessions ADD COLUMN replaced_token_id TEXT;
ALTER TABLE sessions ADD COLUMN token_replaced_at BIGINT;

-- Tokens that name no session (the old system's), by their SHA-256, with the session that they were bound to at their
-- first use, and when they were exchanged for a token of it. A row can go once its token has expired.
CREATE TABLE bound_tokens (
  token_hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  replaced_at BIGINT,
  expires_at BIGINT NOT NULL
);
CREATE INDEX bound_tokens_expires_at ON bound_tokens (expires_at);

-- Devices and networks from which somebody has signed in before: each has a budget of wrong passwords of its own, so
-- that the guesses of strangers do not lock out the owner.
CREATE TABLE known_devices (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_hash TEXT NOT NULL,
  failed_attempts BIGINT NOT NULL DEFAULT 0,
  last_failed_at BIGINT,
  locked_until BIGINT,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, device_hash)
);
ALTER TABLE users ADD COLUMN last_failed_login_at BIGINT;

-- Attempts to sign in under names that nobody has. Counted so that they wait for the disk as those of real names do.
CREATE TABLE unknown_sign_ins (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  attempts BIGINT NOT NULL
);
INSERT INTO unknown_sign_ins (id, attempts) VALUES (1, 0);
