-- What hangs on messages: files, reactions, who received and read them.

ALTER TABLE messages ADD COLUMN guest_sender_id TEXT REFERENCES guests (id) ON DELETE SET NULL;
ALTER TABLE messages ADD COLUMN message_source TEXT NOT NULL DEFAULT 'user'
  CHECK (message_source IN ('user', 'system', 'ads', 'app', 'agent', 'authority'));
-- Soft references: the original may be gone.
ALTER TABLE messages ADD COLUMN forwarded_from_id TEXT;
ALTER TABLE messages ADD COLUMN forwarded_from_conversation_id TEXT;
ALTER TABLE messages ADD COLUMN expires_at BIGINT;
ALTER TABLE messages ADD COLUMN is_view_once BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE messages ADD COLUMN max_view_once_count BIGINT;
ALTER TABLE messages ADD COLUMN view_once_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN is_blurred BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE messages ADD COLUMN pinned_at BIGINT;
-- A soft reference.
ALTER TABLE messages ADD COLUMN pinned_by TEXT;
ALTER TABLE messages ADD COLUMN validated_mentions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE messages ADD COLUMN delivered_to_all_at BIGINT;
ALTER TABLE messages ADD COLUMN received_by_all_at BIGINT;
ALTER TABLE messages ADD COLUMN read_by_all_at BIGINT;
ALTER TABLE messages ADD COLUMN delivered_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN read_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN reaction_summary TEXT;
ALTER TABLE messages ADD COLUMN reaction_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN encrypted_content TEXT;
ALTER TABLE messages ADD COLUMN encryption_metadata TEXT;
ALTER TABLE messages ADD COLUMN is_encrypted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE messages ADD COLUMN encryption_mode TEXT CHECK (encryption_mode IN ('server', 'e2ee', 'hybrid'));
CREATE INDEX messages_live ON messages (conversation_id, created_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX messages_reply ON messages (reply_to_id) WHERE reply_to_id IS NOT NULL;

CREATE TABLE attachments (
  id TEXT PRIMARY KEY,
  message_id TEXT REFERENCES messages (id) ON DELETE CASCADE,
  file_name TEXT NOT NULL,
  original_name TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  file_size BIGINT NOT NULL,
  file_path TEXT NOT NULL,
  file_url TEXT NOT NULL,
  title TEXT,
  alt TEXT,
  caption TEXT,
  -- A soft reference: the original may be gone.
  forwarded_from_attachment_id TEXT,
  is_forwarded BOOLEAN NOT NULL DEFAULT FALSE,
  is_view_once BOOLEAN NOT NULL DEFAULT FALSE,
  max_view_once_count BIGINT,
  view_once_count BIGINT NOT NULL DEFAULT 0,
  is_blurred BOOLEAN NOT NULL DEFAULT FALSE,
  width BIGINT,
  height BIGINT,
  thumbnail_path TEXT,
  thumbnail_url TEXT,
  -- Milliseconds.
  duration BIGINT,
  bitrate BIGINT,
  sample_rate BIGINT,
  codec TEXT,
  channels BIGINT,
  fps DOUBLE PRECISION,
  video_codec TEXT,
  page_count BIGINT,
  line_count BIGINT,
  -- A person or, where `is_anonymous`, a guest: a soft reference.
  uploaded_by TEXT NOT NULL,
  is_anonymous BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  transcription TEXT,
  translations TEXT,
  metadata TEXT,
  scan_status TEXT CHECK (scan_status IN ('pending', 'clean', 'infected', 'error')),
  scan_completed_at BIGINT,
  moderation_status TEXT CHECK (moderation_status IN ('pending', 'approved', 'flagged', 'rejected')),
  moderation_reason TEXT,
  delivered_to_all_at BIGINT,
  viewed_by_all_at BIGINT,
  downloaded_by_all_at BIGINT,
  listened_by_all_at BIGINT,
  watched_by_all_at BIGINT,
  viewed_count BIGINT NOT NULL DEFAULT 0,
  downloaded_count BIGINT NOT NULL DEFAULT 0,
  consumed_count BIGINT NOT NULL DEFAULT 0,
  is_encrypted BOOLEAN NOT NULL DEFAULT FALSE,
  encryption_mode TEXT CHECK (encryption_mode IN ('server', 'e2ee', 'hybrid')),
  encryption_iv TEXT,
  encryption_auth_tag TEXT,
  encryption_hmac TEXT,
  original_file_hash TEXT,
  encrypted_file_hash TEXT,
  original_file_size BIGINT,
  -- A soft reference.
  server_key_id TEXT,
  thumbnail_encryption_iv TEXT,
  thumbnail_encryption_auth_tag TEXT,
  -- The address before it was reduced to a path.
  original_url TEXT,
  -- Was never attached in the old system, and is exempt from the purge of unattached files.
  is_legacy_orphan BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX attachments_message ON attachments (message_id);
CREATE INDEX attachments_uploader ON attachments (uploaded_by, created_at DESC);

CREATE TABLE message_statuses (
  id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  delivered_at BIGINT,
  received_at BIGINT,
  read_at BIGINT,
  read_duration_ms BIGINT,
  read_device TEXT,
  client_version TEXT,
  viewed_once_at BIGINT,
  revealed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
CREATE UNIQUE INDEX message_statuses_user ON message_statuses (message_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX message_statuses_guest ON message_statuses (message_id, guest_id) WHERE guest_id IS NOT NULL;

CREATE TABLE attachment_statuses (
  id TEXT PRIMARY KEY,
  attachment_id TEXT NOT NULL REFERENCES attachments (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  delivered_at BIGINT,
  viewed_at BIGINT,
  downloaded_at BIGINT,
  listened_at BIGINT,
  listen_count BIGINT NOT NULL DEFAULT 0,
  last_play_position_ms BIGINT,
  total_listen_duration_ms BIGINT NOT NULL DEFAULT 0,
  listened_complete BOOLEAN NOT NULL DEFAULT FALSE,
  watched_at BIGINT,
  watch_count BIGINT NOT NULL DEFAULT 0,
  last_watch_position_ms BIGINT,
  total_watch_duration_ms BIGINT NOT NULL DEFAULT 0,
  watched_complete BOOLEAN NOT NULL DEFAULT FALSE,
  view_duration_ms BIGINT,
  was_zoomed BOOLEAN NOT NULL DEFAULT FALSE,
  pages_viewed BIGINT NOT NULL DEFAULT 0,
  last_page_viewed BIGINT,
  viewed_once_at BIGINT,
  revealed_at BIGINT,
  access_device TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
CREATE UNIQUE INDEX attachment_statuses_user ON attachment_statuses (attachment_id, user_id)
  WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX attachment_statuses_guest ON attachment_statuses (attachment_id, guest_id)
  WHERE guest_id IS NOT NULL;
CREATE INDEX attachment_statuses_message ON attachment_statuses (message_id);

CREATE TABLE attachment_reactions (
  id TEXT PRIMARY KEY,
  attachment_id TEXT NOT NULL REFERENCES attachments (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  emoji TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
CREATE UNIQUE INDEX attachment_reactions_user ON attachment_reactions (attachment_id, user_id, emoji)
  WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX attachment_reactions_guest ON attachment_reactions (attachment_id, guest_id, emoji)
  WHERE guest_id IS NOT NULL;
CREATE INDEX attachment_reactions_message ON attachment_reactions (message_id);

CREATE TABLE reactions (
  id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  emoji TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
CREATE UNIQUE INDEX reactions_user ON reactions (message_id, user_id, emoji) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX reactions_guest ON reactions (message_id, guest_id, emoji) WHERE guest_id IS NOT NULL;

CREATE TABLE message_deletions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  deleted_at BIGINT NOT NULL,
  UNIQUE (user_id, message_id)
);
CREATE INDEX message_deletions_message ON message_deletions (message_id);

-- Translations, mentions and cursors get the ids that they had in the old system (those made here need none: their key names
-- them), and go when what they belong to goes. Tables that nothing refers to are made anew, since SQLite adds no constraint to
-- one that is there.
CREATE TABLE new_translations (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  revision BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'identical', 'unavailable', 'failed')),
  content TEXT,
  engine TEXT,
  score DOUBLE PRECISION,
  reason TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  id TEXT UNIQUE,
  -- The language that the old translator took the text to be in.
  source_language TEXT,
  is_encrypted BOOLEAN NOT NULL DEFAULT FALSE,
  encryption_key_id TEXT,
  encryption_iv TEXT,
  encryption_auth_tag TEXT,
  PRIMARY KEY (message_id, language),
  CHECK ((content IS NOT NULL) = (state IN ('done', 'identical')))
);
INSERT INTO new_translations
  (message_id, language, revision, state, content, engine, score, reason, created_at, updated_at)
  SELECT message_id, language, revision, state, content, engine, score, reason, created_at, updated_at FROM translations;
DROP TABLE translations;
ALTER TABLE new_translations RENAME TO translations;
CREATE INDEX translations_updated ON translations (updated_at);

CREATE TABLE new_mentions (
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id TEXT UNIQUE,
  -- When, if not when the message was written.
  mentioned_at BIGINT,
  PRIMARY KEY (message_id, user_id)
);
INSERT INTO new_mentions (message_id, user_id) SELECT message_id, user_id FROM mentions;
DROP TABLE mentions;
ALTER TABLE new_mentions RENAME TO mentions;
CREATE INDEX mentions_user ON mentions (user_id);

CREATE TABLE new_read_cursors (
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  -- 0 and no time for one to whom messages were only delivered.
  read_sequence BIGINT NOT NULL DEFAULT 0,
  read_at BIGINT,
  -- Where the old system left the cursor: soft references, for a message may be gone. NULL once it was moved here.
  last_read_message_id TEXT,
  last_delivered_message_id TEXT,
  delivered_at BIGINT,
  id TEXT UNIQUE,
  -- Counts the changes that the old system made, for its own locking.
  version BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
INSERT INTO new_read_cursors (conversation_id, user_id, read_sequence, read_at)
  SELECT conversation_id, user_id, read_sequence, read_at FROM read_cursors;
DROP TABLE read_cursors;
ALTER TABLE new_read_cursors RENAME TO read_cursors;
CREATE UNIQUE INDEX read_cursors_user ON read_cursors (user_id, conversation_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX read_cursors_guest ON read_cursors (guest_id, conversation_id) WHERE guest_id IS NOT NULL;
CREATE INDEX read_cursors_conversation ON read_cursors (conversation_id);
