-- People whose password was right and who still have to show a code.
CREATE TABLE sign_in_challenges (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  is_remembered BOOLEAN NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT NOT NULL
);

-- The half minute, since 1970, for which the last code was made that was taken: no code is good twice.
ALTER TABLE users ADD COLUMN two_factor_step BIGINT NOT NULL DEFAULT 0;
