-- What else is known of people: who proved what, who asked whom to be friends, what they prefer.

ALTER TABLE users ADD COLUMN username_history TEXT DEFAULT '[]';
ALTER TABLE users ADD COLUMN banner TEXT;
ALTER TABLE users ADD COLUMN timezone TEXT;
ALTER TABLE users ADD COLUMN blocked_user_ids TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;
ALTER TABLE users ADD COLUMN email_verification_token TEXT;
ALTER TABLE users ADD COLUMN email_verification_expiry BIGINT;
ALTER TABLE users ADD COLUMN phone_verified_at BIGINT;
ALTER TABLE users ADD COLUMN phone_verification_code TEXT;
ALTER TABLE users ADD COLUMN phone_verification_expiry BIGINT;
ALTER TABLE users ADD COLUMN pending_email TEXT;
ALTER TABLE users ADD COLUMN pending_email_verification_token TEXT;
ALTER TABLE users ADD COLUMN pending_email_verification_expiry BIGINT;
ALTER TABLE users ADD COLUMN pending_phone_number TEXT;
ALTER TABLE users ADD COLUMN pending_phone_verification_code TEXT;
ALTER TABLE users ADD COLUMN pending_phone_verification_expiry BIGINT;
-- A soft reference.
ALTER TABLE users ADD COLUMN phone_transferred_from_user_id TEXT;
ALTER TABLE users ADD COLUMN phone_transferred_at BIGINT;
ALTER TABLE users ADD COLUMN two_factor_secret TEXT;
ALTER TABLE users ADD COLUMN two_factor_backup_codes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN two_factor_pending_secret TEXT;
ALTER TABLE users ADD COLUMN two_factor_enabled_at BIGINT;
ALTER TABLE users ADD COLUMN failed_login_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN locked_until BIGINT;
ALTER TABLE users ADD COLUMN locked_reason TEXT;
ALTER TABLE users ADD COLUMN last_password_change BIGINT;
ALTER TABLE users ADD COLUMN password_reset_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN last_password_reset_attempt BIGINT;
ALTER TABLE users ADD COLUMN last_login_ip TEXT;
ALTER TABLE users ADD COLUMN last_login_location TEXT;
ALTER TABLE users ADD COLUMN last_login_device TEXT;
ALTER TABLE users ADD COLUMN registration_ip TEXT;
ALTER TABLE users ADD COLUMN registration_location TEXT;
ALTER TABLE users ADD COLUMN registration_device TEXT;
ALTER TABLE users ADD COLUMN registration_country TEXT;
ALTER TABLE users ADD COLUMN deleted_at BIGINT;
-- A soft reference.
ALTER TABLE users ADD COLUMN deleted_by TEXT;
ALTER TABLE users ADD COLUMN profile_completion_rate BIGINT DEFAULT 0;
ALTER TABLE users ADD COLUMN signal_identity_key_public TEXT;
ALTER TABLE users ADD COLUMN signal_identity_key_private TEXT;
ALTER TABLE users ADD COLUMN signal_registration_id BIGINT;
ALTER TABLE users ADD COLUMN signal_pre_key_bundle_version BIGINT;
ALTER TABLE users ADD COLUMN last_key_rotation BIGINT;
ALTER TABLE users ADD COLUMN birth_date BIGINT;
ALTER TABLE users ADD COLUMN voice_profile_consent_at BIGINT;
ALTER TABLE users ADD COLUMN voice_data_consent_at BIGINT;
ALTER TABLE users ADD COLUMN data_processing_consent_at BIGINT;
ALTER TABLE users ADD COLUMN voice_cloning_enabled_at BIGINT;
ALTER TABLE users ADD COLUMN age_verified_at BIGINT;
-- The other presence field of the old system; `last_active_at` has the later of the two.
ALTER TABLE users ADD COLUMN last_seen_at BIGINT;
ALTER TABLE users ADD COLUMN encryption_preference TEXT;
-- Empty, or the account's own id where an older account has the same name or address but for its case. The old system
-- told such accounts apart, so neither may lose its name.
ALTER TABLE users ADD COLUMN name_twin TEXT NOT NULL DEFAULT '';

CREATE TABLE user_stats (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) UNIQUE,
  messages_sent BIGINT NOT NULL DEFAULT 0,
  messages_received BIGINT NOT NULL DEFAULT 0,
  characters_typed BIGINT NOT NULL DEFAULT 0,
  image_messages_sent BIGINT NOT NULL DEFAULT 0,
  files_shared BIGINT NOT NULL DEFAULT 0,
  conversations_joined BIGINT NOT NULL DEFAULT 0,
  communities_created BIGINT NOT NULL DEFAULT 0,
  friends_added BIGINT NOT NULL DEFAULT 0,
  friend_requests_sent BIGINT NOT NULL DEFAULT 0,
  translations_used BIGINT NOT NULL DEFAULT 0,
  languages_detected BIGINT NOT NULL DEFAULT 0,
  auto_translate_time_minutes BIGINT NOT NULL DEFAULT 0,
  total_online_time_minutes BIGINT NOT NULL DEFAULT 0,
  session_count BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE user_preferences (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE UNIQUE,
  privacy TEXT,
  audio TEXT,
  message TEXT,
  notification TEXT,
  video TEXT,
  document TEXT,
  application TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE notification_preferences (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE REFERENCES users (id),
  new_message BOOLEAN NOT NULL DEFAULT TRUE,
  message_reply BOOLEAN NOT NULL DEFAULT TRUE,
  message_mention BOOLEAN NOT NULL DEFAULT TRUE,
  new_conversation BOOLEAN NOT NULL DEFAULT TRUE,
  conversation_invite BOOLEAN NOT NULL DEFAULT TRUE,
  friend_request BOOLEAN NOT NULL DEFAULT TRUE,
  friend_request_accepted BOOLEAN NOT NULL DEFAULT TRUE,
  group_invite BOOLEAN NOT NULL DEFAULT TRUE,
  missed_call BOOLEAN NOT NULL DEFAULT TRUE,
  voicemail_received BOOLEAN NOT NULL DEFAULT TRUE,
  sound_enabled BOOLEAN NOT NULL DEFAULT TRUE,
  vibration_enabled BOOLEAN NOT NULL DEFAULT TRUE,
  dnd_enabled BOOLEAN NOT NULL DEFAULT FALSE,
  dnd_start_time TEXT,
  dnd_end_time TEXT,
  email_notifications BOOLEAN NOT NULL DEFAULT TRUE,
  push_notifications BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE user_settings (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  value_type TEXT NOT NULL DEFAULT 'string',
  description TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, key)
);

CREATE TABLE friend_requests (
  id TEXT PRIMARY KEY,
  sender_id TEXT NOT NULL REFERENCES users (id),
  receiver_id TEXT NOT NULL REFERENCES users (id),
  message TEXT,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'rejected', 'blocked')),
  responded_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX friend_requests_pending ON friend_requests (sender_id, receiver_id) WHERE status = 'pending';
CREATE INDEX friend_requests_receiver ON friend_requests (receiver_id, status);

DROP INDEX users_username;
DROP INDEX users_email;
CREATE UNIQUE INDEX users_username ON users (lower(username), name_twin);
CREATE UNIQUE INDEX users_email ON users (lower(email), name_twin);
