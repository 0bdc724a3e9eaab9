-- Communities, and everything of conversations and their members that the old system knew.

CREATE TABLE server_encryption_keys (
  id TEXT PRIMARY KEY,
  encrypted_key TEXT NOT NULL,
  iv TEXT NOT NULL,
  auth_tag TEXT NOT NULL,
  algorithm TEXT NOT NULL DEFAULT 'aes-256-gcm',
  purpose TEXT NOT NULL DEFAULT 'attachment',
  -- Soft references: a key outlives what it was made for.
  conversation_id TEXT,
  user_id TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_accessed_at BIGINT NOT NULL,
  is_active BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE communities (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  avatar TEXT,
  banner TEXT,
  is_private BOOLEAN NOT NULL DEFAULT TRUE,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  deleted_at BIGINT,
  created_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  -- The name without blanks around it, where it has some.
  display_name TEXT
);

CREATE TABLE community_members (
  id TEXT PRIMARY KEY,
  community_id TEXT NOT NULL REFERENCES communities (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  joined_at BIGINT NOT NULL,
  role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('creator', 'admin', 'moderator', 'member')),
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  left_at BIGINT,
  UNIQUE (community_id, user_id)
);
CREATE INDEX community_members_user ON community_members (user_id);

ALTER TABLE conversations ADD COLUMN banner TEXT;
ALTER TABLE conversations ADD COLUMN community_id TEXT REFERENCES communities (id) ON DELETE SET NULL;
ALTER TABLE conversations ADD COLUMN member_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN default_write_role TEXT NOT NULL DEFAULT 'everyone'
  CHECK (default_write_role IN ('everyone', 'member', 'moderator', 'admin', 'creator'));
ALTER TABLE conversations ADD COLUMN is_announcement_channel BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE conversations ADD COLUMN slow_mode_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN encryption_mode TEXT CHECK (encryption_mode IN ('server', 'e2ee', 'hybrid'));
ALTER TABLE conversations ADD COLUMN encryption_protocol TEXT;
ALTER TABLE conversations ADD COLUMN encryption_enabled_at BIGINT;
-- A soft reference.
ALTER TABLE conversations ADD COLUMN encryption_enabled_by TEXT;
ALTER TABLE conversations ADD COLUMN server_encryption_key_id TEXT
  REFERENCES server_encryption_keys (id) ON DELETE SET NULL;
ALTER TABLE conversations ADD COLUMN auto_translate_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE conversations ADD COLUMN is_archived BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX conversations_active ON conversations (is_active, last_message_at DESC);
CREATE INDEX conversations_kind ON conversations (kind, is_active, last_message_at DESC);
CREATE INDEX conversations_community ON conversations (community_id) WHERE community_id IS NOT NULL;

CREATE TABLE conversation_shares (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  community_id TEXT NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
  shared_by TEXT NOT NULL REFERENCES users (id),
  title TEXT,
  description TEXT,
  is_pinned BOOLEAN NOT NULL DEFAULT FALSE,
  pin_order BIGINT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (conversation_id, community_id)
);
CREATE INDEX conversation_shares_community ON conversation_shares (community_id);

ALTER TABLE members ADD COLUMN can_send_files BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE members ADD COLUMN can_send_images BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE members ADD COLUMN can_send_videos BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE members ADD COLUMN can_send_audios BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE members ADD COLUMN can_send_locations BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE members ADD COLUMN can_send_links BOOLEAN NOT NULL DEFAULT TRUE;
CREATE INDEX members_active ON members (user_id, is_active, conversation_id);

CREATE TABLE share_links (
  id TEXT PRIMARY KEY,
  link_id TEXT NOT NULL UNIQUE,
  identifier TEXT NOT NULL UNIQUE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  created_by TEXT NOT NULL REFERENCES users (id),
  name TEXT,
  description TEXT,
  max_uses BIGINT,
  current_uses BIGINT NOT NULL DEFAULT 0,
  max_concurrent_users BIGINT,
  current_concurrent_users BIGINT NOT NULL DEFAULT 0,
  max_unique_sessions BIGINT,
  current_unique_sessions BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  allow_anonymous_messages BOOLEAN NOT NULL DEFAULT TRUE,
  allow_anonymous_files BOOLEAN NOT NULL DEFAULT FALSE,
  allow_anonymous_images BOOLEAN NOT NULL DEFAULT TRUE,
  allow_view_history BOOLEAN NOT NULL DEFAULT TRUE,
  require_account BOOLEAN NOT NULL DEFAULT FALSE,
  require_nickname BOOLEAN NOT NULL DEFAULT TRUE,
  require_email BOOLEAN NOT NULL DEFAULT FALSE,
  require_birthday BOOLEAN NOT NULL DEFAULT FALSE,
  allowed_countries TEXT NOT NULL DEFAULT '[]',
  allowed_languages TEXT NOT NULL DEFAULT '[]',
  allowed_ip_ranges TEXT NOT NULL DEFAULT '[]',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX share_links_conversation ON share_links (conversation_id);

CREATE TABLE guests (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  share_link_id TEXT NOT NULL REFERENCES share_links (id),
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  username TEXT NOT NULL,
  email TEXT,
  birthday BIGINT,
  session_token TEXT NOT NULL UNIQUE,
  ip_address TEXT,
  country TEXT,
  language TEXT NOT NULL DEFAULT 'fr',
  device_fingerprint TEXT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  is_online BOOLEAN NOT NULL DEFAULT FALSE,
  last_active_at BIGINT NOT NULL,
  can_send_messages BOOLEAN NOT NULL DEFAULT TRUE,
  can_send_files BOOLEAN NOT NULL DEFAULT FALSE,
  can_send_images BOOLEAN NOT NULL DEFAULT TRUE,
  can_send_videos BOOLEAN NOT NULL DEFAULT FALSE,
  can_send_audios BOOLEAN NOT NULL DEFAULT TRUE,
  can_send_locations BOOLEAN NOT NULL DEFAULT FALSE,
  can_send_links BOOLEAN NOT NULL DEFAULT TRUE,
  joined_at BIGINT NOT NULL,
  left_at BIGINT
);
CREATE INDEX guests_conversation ON guests (conversation_id);

CREATE TABLE conversation_categories (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  color TEXT,
  icon TEXT,
  position BIGINT NOT NULL DEFAULT 0,
  is_expanded BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX conversation_categories_user ON conversation_categories (user_id, position);

CREATE TABLE conversation_preferences (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  is_pinned BOOLEAN NOT NULL DEFAULT FALSE,
  is_muted BOOLEAN NOT NULL DEFAULT FALSE,
  is_archived BOOLEAN NOT NULL DEFAULT FALSE,
  is_deleted_for_user BOOLEAN NOT NULL DEFAULT FALSE,
  deleted_for_user_at BIGINT,
  clear_history_before BIGINT,
  tags TEXT NOT NULL DEFAULT '[]',
  category_id TEXT REFERENCES conversation_categories (id) ON DELETE SET NULL,
  order_in_category BIGINT,
  custom_name TEXT,
  reaction TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, conversation_id)
);
CREATE INDEX conversation_preferences_category ON conversation_preferences (category_id);

CREATE TABLE community_preferences (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  community_id TEXT NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
  is_pinned BOOLEAN NOT NULL DEFAULT FALSE,
  is_muted BOOLEAN NOT NULL DEFAULT FALSE,
  is_archived BOOLEAN NOT NULL DEFAULT FALSE,
  is_hidden BOOLEAN NOT NULL DEFAULT FALSE,
  notification_level TEXT NOT NULL DEFAULT 'all' CHECK (notification_level IN ('all', 'mentions', 'none')),
  custom_name TEXT,
  -- A soft reference.
  category_id TEXT,
  order_in_category BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, community_id)
);

CREATE TABLE conversation_settings (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  value_type TEXT NOT NULL DEFAULT 'string',
  description TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (conversation_id, user_id, key)
);

CREATE TABLE conversation_public_keys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  key_type TEXT NOT NULL CHECK (key_type IN ('identity', 'preKey', 'signedPreKey')),
  public_key TEXT NOT NULL,
  key_id BIGINT,
  signature TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, conversation_id, key_type)
);
