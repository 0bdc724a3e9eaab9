-- Calls, and what people are told of.

CREATE TABLE call_sessions (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  mode TEXT NOT NULL DEFAULT 'p2p' CHECK (mode IN ('p2p', 'sfu')),
  status TEXT NOT NULL DEFAULT 'initiated'
    CHECK (status IN ('initiated', 'ringing', 'active', 'ended', 'missed', 'rejected')),
  initiator_id TEXT NOT NULL REFERENCES users (id),
  started_at BIGINT NOT NULL,
  answered_at BIGINT,
  ended_at BIGINT,
  -- Seconds.
  duration BIGINT,
  metadata TEXT,
  -- Why a call has ended that nobody hung up.
  end_reason TEXT
);
CREATE INDEX call_sessions_conversation ON call_sessions (conversation_id, started_at DESC);

CREATE TABLE call_participants (
  id TEXT PRIMARY KEY,
  call_session_id TEXT NOT NULL REFERENCES call_sessions (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  guest_id TEXT REFERENCES guests (id) ON DELETE SET NULL,
  role TEXT NOT NULL DEFAULT 'participant' CHECK (role IN ('initiator', 'participant')),
  joined_at BIGINT NOT NULL,
  left_at BIGINT,
  is_audio_enabled BOOLEAN NOT NULL DEFAULT TRUE,
  is_video_enabled BOOLEAN NOT NULL DEFAULT TRUE,
  connection_quality TEXT,
  CHECK (user_id IS NULL OR guest_id IS NULL)
);
CREATE INDEX call_participants_call ON call_participants (call_session_id);

CREATE TABLE call_transcriptions (
  id TEXT PRIMARY KEY,
  call_session_id TEXT NOT NULL REFERENCES call_sessions (id) ON DELETE CASCADE,
  -- A soft reference.
  participant_id TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('client', 'server')),
  text TEXT NOT NULL,
  language TEXT NOT NULL,
  confidence DOUBLE PRECISION,
  spoken_at BIGINT NOT NULL,
  offset_ms BIGINT
);
CREATE INDEX call_transcriptions_call ON call_transcriptions (call_session_id);

CREATE TABLE call_translations (
  id TEXT PRIMARY KEY,
  transcription_id TEXT NOT NULL REFERENCES call_transcriptions (id) ON DELETE CASCADE,
  target_language TEXT NOT NULL,
  translated_text TEXT NOT NULL,
  confidence DOUBLE PRECISION,
  model TEXT,
  cached BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL
);
CREATE INDEX call_translations_transcription ON call_translations (transcription_id);

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  content TEXT NOT NULL,
  data TEXT,
  priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
  is_read BOOLEAN NOT NULL DEFAULT FALSE,
  read_at BIGINT,
  email_sent BOOLEAN NOT NULL DEFAULT FALSE,
  push_sent BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  -- What a notification points at may be gone: soft references, from here on.
  sender_id TEXT,
  sender_username TEXT,
  sender_avatar TEXT,
  sender_display_name TEXT,
  sender_first_name TEXT,
  sender_last_name TEXT,
  message_preview TEXT,
  conversation_id TEXT,
  message_id TEXT,
  call_session_id TEXT
);
CREATE INDEX notifications_user ON notifications (user_id, is_read, created_at DESC);
CREATE INDEX notifications_created ON notifications (created_at);

CREATE TABLE push_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT 'fcm' CHECK (type IN ('apns', 'fcm', 'voip')),
  platform TEXT NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
  device_id TEXT,
  device_name TEXT,
  app_version TEXT,
  bundle_id TEXT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  last_used_at BIGINT,
  failed_attempts BIGINT NOT NULL DEFAULT 0,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, token, type)
);
