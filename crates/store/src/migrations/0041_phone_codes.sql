-- Codes that are sent to telephones, and what they are for. Of codes and tokens, only hashes are stored.
CREATE TABLE phone_codes (
  -- Random, in hexadecimal; who has it may enter the code.
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('claim', 'recover', 'register')),
  phone_number TEXT NOT NULL,
  -- The account that the number is or becomes part of; of a registration, none yet.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  -- Of the newest code; none until it is sent.
  code_hash TEXT,
  -- How often a code was ordered.
  sends BIGINT NOT NULL DEFAULT 0,
  -- Wrong answers in this step.
  attempts BIGINT NOT NULL DEFAULT 0,
  -- Of the token with which a registration takes the number, once the code was entered.
  token_hash TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX phone_codes_user ON phone_codes (user_id, purpose);
CREATE INDEX phone_codes_number ON phone_codes (phone_number, purpose);
CREATE INDEX phone_codes_token ON phone_codes (token_hash);
CREATE INDEX phone_codes_expiry ON phone_codes (expires_at);

-- Whether the link to choose a new password was got with a code on the telephone, which shows nothing about the address.
ALTER TABLE password_reset_tokens ADD COLUMN by_phone BOOLEAN NOT NULL DEFAULT FALSE;
