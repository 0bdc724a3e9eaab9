-- Ways back into an account, devices, events, keys and voices.

ALTER TABLE sessions ADD COLUMN refresh_token TEXT;
ALTER TABLE sessions ADD COLUMN device_type TEXT;
ALTER TABLE sessions ADD COLUMN device_vendor TEXT;
ALTER TABLE sessions ADD COLUMN device_model TEXT;
ALTER TABLE sessions ADD COLUMN os_name TEXT;
ALTER TABLE sessions ADD COLUMN os_version TEXT;
ALTER TABLE sessions ADD COLUMN browser_name TEXT;
ALTER TABLE sessions ADD COLUMN browser_version TEXT;
ALTER TABLE sessions ADD COLUMN is_mobile BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN country TEXT;
ALTER TABLE sessions ADD COLUMN city TEXT;
ALTER TABLE sessions ADD COLUMN location TEXT;
ALTER TABLE sessions ADD COLUMN latitude DOUBLE PRECISION;
ALTER TABLE sessions ADD COLUMN longitude DOUBLE PRECISION;
ALTER TABLE sessions ADD COLUMN timezone TEXT;
ALTER TABLE sessions ADD COLUMN device_fingerprint TEXT;
ALTER TABLE sessions ADD COLUMN invalidated_reason TEXT;
CREATE UNIQUE INDEX sessions_refresh ON sessions (refresh_token) WHERE refresh_token IS NOT NULL;

CREATE TABLE password_reset_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  is_revoked BOOLEAN NOT NULL DEFAULT FALSE,
  revoked_reason TEXT,
  ip_address TEXT,
  user_agent TEXT,
  device_fingerprint TEXT,
  geo_location TEXT,
  geo_coordinates TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX password_reset_tokens_user ON password_reset_tokens (user_id);

CREATE TABLE phone_reset_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  is_revoked BOOLEAN NOT NULL DEFAULT FALSE,
  verification_step TEXT NOT NULL DEFAULT 'IDENTITY_PENDING'
    CHECK (verification_step IN ('IDENTITY_PENDING', 'CODE_PENDING', 'COMPLETED')),
  identity_verified_at BIGINT,
  identity_attempts BIGINT NOT NULL DEFAULT 0,
  code_attempts BIGINT NOT NULL DEFAULT 0,
  ip_address TEXT,
  user_agent TEXT,
  geo_location TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX phone_reset_tokens_user ON phone_reset_tokens (user_id);

CREATE TABLE magic_link_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  is_revoked BOOLEAN NOT NULL DEFAULT FALSE,
  revoked_reason TEXT,
  ip_address TEXT,
  user_agent TEXT,
  device_fingerprint TEXT,
  geo_location TEXT,
  geo_coordinates TEXT,
  remember_device BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL
);
CREATE INDEX magic_link_tokens_user ON magic_link_tokens (user_id);

CREATE TABLE password_history (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  password_hash TEXT NOT NULL,
  changed_via TEXT NOT NULL CHECK (changed_via IN ('RESET', 'USER_CHANGE', 'ADMIN_RESET', 'FORCED_RESET')),
  ip_address TEXT,
  user_agent TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX password_history_user ON password_history (user_id, created_at);

CREATE TABLE security_events (
  id TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  event_type TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  status TEXT NOT NULL CHECK (status IN ('SUCCESS', 'FAILED', 'BLOCKED')),
  description TEXT,
  metadata TEXT,
  ip_address TEXT,
  user_agent TEXT,
  device_fingerprint TEXT,
  geo_location TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX security_events_user ON security_events (user_id, created_at);

CREATE TABLE signal_pre_key_bundles (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE UNIQUE,
  identity_key TEXT NOT NULL,
  identity_key_private TEXT,
  registration_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL DEFAULT 1,
  pre_key_id BIGINT,
  pre_key_public TEXT,
  signed_pre_key_id BIGINT NOT NULL,
  signed_pre_key_public TEXT NOT NULL,
  signed_pre_key_signature TEXT NOT NULL,
  signed_pre_key_private TEXT,
  kyber_pre_key_id BIGINT,
  kyber_pre_key_public TEXT,
  kyber_pre_key_signature TEXT,
  pre_key_pool TEXT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  last_rotated_at BIGINT NOT NULL
);

CREATE TABLE dma_sessions (
  id TEXT PRIMARY KEY,
  remote_party_id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  root_key TEXT NOT NULL,
  chain_key_send TEXT NOT NULL,
  chain_key_receive TEXT NOT NULL,
  dh_ratchet_public_key TEXT,
  dh_ratchet_private_key TEXT,
  dh_ratchet_remote_key TEXT,
  session_type TEXT NOT NULL DEFAULT 'signal_protocol_x3dh',
  session_state TEXT NOT NULL DEFAULT 'pending'
    CHECK (session_state IN ('pending', 'established', 'expired', 'revoked')),
  message_number_send BIGINT NOT NULL DEFAULT 0,
  message_number_receive BIGINT NOT NULL DEFAULT 0,
  previous_chain_length BIGINT NOT NULL DEFAULT 0,
  epoch BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX dma_sessions_user ON dma_sessions (user_id);

CREATE TABLE dma_enrollments (
  id TEXT PRIMARY KEY,
  whatsapp_internal_id TEXT NOT NULL UNIQUE,
  platform TEXT NOT NULL DEFAULT 'whatsapp' CHECK (platform IN ('whatsapp', 'messenger', 'imessage')),
  identity_key TEXT NOT NULL,
  signed_pre_key TEXT NOT NULL,
  signed_pre_key_signature TEXT NOT NULL,
  signed_pre_key_id BIGINT NOT NULL,
  registration_id BIGINT NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked', 'expired')),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_verified_at BIGINT NOT NULL
);

CREATE TABLE dma_pre_keys (
  id TEXT PRIMARY KEY,
  pre_key_id BIGINT NOT NULL,
  key_data TEXT NOT NULL,
  is_used BOOLEAN NOT NULL DEFAULT FALSE,
  used_at BIGINT,
  -- A soft reference.
  used_by TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  signal_enrollment_id TEXT NOT NULL REFERENCES dma_enrollments (id) ON DELETE CASCADE,
  UNIQUE (signal_enrollment_id, pre_key_id)
);

CREATE TABLE voice_models (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE UNIQUE,
  profile_id TEXT,
  embedding BYTEA,
  embedding_model TEXT NOT NULL DEFAULT 'openvoice_v2',
  embedding_dimension BIGINT NOT NULL DEFAULT 256,
  embedding_path TEXT,
  chatterbox_conditionals BYTEA,
  -- A soft reference to an attachment.
  reference_audio_id TEXT,
  reference_audio_url TEXT,
  audio_count BIGINT NOT NULL,
  total_duration_ms BIGINT NOT NULL,
  training_audio_samples TEXT,
  quality_score DOUBLE PRECISION NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  voice_characteristics TEXT,
  voice_analysis_at BIGINT,
  voice_analysis_model TEXT DEFAULT 'voice_quality_analyzer_v1',
  fingerprint TEXT,
  signature_short TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  next_recalibration_at BIGINT
);
CREATE UNIQUE INDEX voice_models_profile ON voice_models (profile_id) WHERE profile_id IS NOT NULL;
