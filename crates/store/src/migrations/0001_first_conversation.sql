-- People, their devices, their conversations, and messages in each reader's language.
-- Ids are 24 hexadecimal characters; times are UTC milliseconds.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  bio TEXT NOT NULL DEFAULT '',
  avatar TEXT,
  phone_number TEXT,
  phone_country_code TEXT,
  role TEXT NOT NULL DEFAULT 'USER',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  deactivated_at BIGINT,
  system_language TEXT NOT NULL,
  regional_language TEXT,
  custom_destination_language TEXT,
  auto_translate_enabled BOOLEAN NOT NULL DEFAULT TRUE,
  translate_to_system_language BOOLEAN NOT NULL DEFAULT TRUE,
  translate_to_regional_language BOOLEAN NOT NULL DEFAULT FALSE,
  use_custom_destination BOOLEAN NOT NULL DEFAULT FALSE,
  last_active_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  token_hash TEXT NOT NULL UNIQUE,
  user_agent TEXT,
  ip_address TEXT,
  is_trusted BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  last_activity_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  title TEXT,
  description TEXT,
  avatar TEXT,
  -- The two people of a direct conversation that was opened here, so that there is one for each pair.
  direct_key TEXT UNIQUE,
  created_by TEXT REFERENCES users (id),
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  -- Messages are numbered without gaps; taking the next number also orders the writers of one conversation.
  last_sequence BIGINT NOT NULL DEFAULT 0,
  last_message_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,
  nickname TEXT,
  can_send_message BOOLEAN NOT NULL DEFAULT TRUE,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  joined_at BIGINT NOT NULL,
  left_at BIGINT,
  UNIQUE (conversation_id, user_id)
);
CREATE INDEX members_user ON members (user_id, conversation_id);

CREATE TABLE read_cursors (
  user_id TEXT NOT NULL REFERENCES users (id),
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  read_sequence BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
);

CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  sequence BIGINT NOT NULL,
  sender_id TEXT REFERENCES users (id),
  -- The sender's own id of the message: a retry with the same one finds the message that is there.
  client_message_id TEXT,
  content TEXT NOT NULL,
  original_language TEXT NOT NULL,
  message_type TEXT NOT NULL,
  reply_to_id TEXT REFERENCES messages (id),
  -- Counts the edits of `content`; translations name the one they were made from.
  revision BIGINT NOT NULL DEFAULT 1,
  edited_at BIGINT,
  deleted_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (conversation_id, sequence),
  UNIQUE (sender_id, client_message_id)
);

CREATE TABLE mentions (
  message_id TEXT NOT NULL REFERENCES messages (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  PRIMARY KEY (message_id, user_id)
);

-- Where a translation has come to in the end; while it is under way there is a job and no row here.
CREATE TABLE translations (
  message_id TEXT NOT NULL REFERENCES messages (id),
  language TEXT NOT NULL,
  revision BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'identical', 'unavailable', 'failed')),
  content TEXT,
  engine TEXT,
  score DOUBLE PRECISION,
  reason TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (message_id, language),
  CHECK ((content IS NOT NULL) = (state IN ('done', 'identical')))
);

CREATE TABLE translation_jobs (
  message_id TEXT NOT NULL REFERENCES messages (id),
  language TEXT NOT NULL,
  -- 0 for a message just written, 1 for history that somebody opened.
  priority BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  run_at BIGINT NOT NULL,
  -- Until when a worker has it; a worker that died lets it go then.
  claimed_until BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (message_id, language)
);
CREATE INDEX translation_jobs_next ON translation_jobs (priority, run_at);

-- What the engines have answered, by the hash of everything the answer depends on.
CREATE TABLE translation_cache (
  key TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  engine TEXT NOT NULL,
  score DOUBLE PRECISION,
  created_at BIGINT NOT NULL
);
