-- Invitations, short links, and what administrators see and do.

CREATE TABLE affiliate_tokens (
  id TEXT PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_by TEXT NOT NULL REFERENCES users (id),
  max_uses BIGINT,
  current_uses BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX affiliate_tokens_creator ON affiliate_tokens (created_by);

CREATE TABLE affiliate_relations (
  id TEXT PRIMARY KEY,
  affiliate_token_id TEXT NOT NULL REFERENCES affiliate_tokens (id),
  affiliate_user_id TEXT NOT NULL REFERENCES users (id),
  referred_user_id TEXT NOT NULL REFERENCES users (id),
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'expired')),
  created_at BIGINT NOT NULL,
  completed_at BIGINT,
  UNIQUE (affiliate_token_id, referred_user_id)
);

CREATE TABLE tracking_links (
  id TEXT PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT,
  original_url TEXT NOT NULL,
  short_url TEXT NOT NULL,
  created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  -- Where the link was posted: soft references.
  conversation_id TEXT,
  message_id TEXT,
  total_clicks BIGINT NOT NULL DEFAULT 0,
  unique_clicks BIGINT NOT NULL DEFAULT 0,
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_clicked_at BIGINT
);
CREATE INDEX tracking_links_creator ON tracking_links (created_by);

CREATE TABLE tracking_link_clicks (
  id TEXT PRIMARY KEY,
  tracking_link_id TEXT NOT NULL REFERENCES tracking_links (id),
  user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  guest_id TEXT REFERENCES guests (id) ON DELETE SET NULL,
  ip_address TEXT,
  country TEXT,
  city TEXT,
  region TEXT,
  user_agent TEXT,
  browser TEXT,
  os TEXT,
  device TEXT,
  language TEXT,
  referrer TEXT,
  device_fingerprint TEXT,
  clicked_at BIGINT NOT NULL
);
CREATE INDEX tracking_link_clicks_link ON tracking_link_clicks (tracking_link_id, clicked_at);

CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  -- Not always a person: the old system wrote the id of any entity here.
  user_id TEXT,
  -- A soft reference: the log outlives the account.
  admin_id TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL DEFAULT 'User',
  -- A soft reference, by `entity`.
  entity_id TEXT NOT NULL,
  changes TEXT,
  metadata TEXT,
  ip_address TEXT,
  user_agent TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX audit_log_created ON audit_log (created_at);
CREATE INDEX audit_log_admin ON audit_log (admin_id);

CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  reported_type TEXT NOT NULL CHECK (reported_type IN ('message', 'user', 'conversation', 'community')),
  -- A soft reference, by `reported_type`.
  reported_entity_id TEXT NOT NULL,
  reporter_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  reporter_name TEXT,
  report_type TEXT NOT NULL
    CHECK (report_type IN ('spam', 'inappropriate', 'harassment', 'violence', 'hate_speech', 'other')),
  reason TEXT,
  status TEXT NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'under_review', 'resolved', 'rejected', 'dismissed')),
  moderator_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  moderator_notes TEXT,
  action_taken TEXT
    CHECK (action_taken IN ('none', 'warning_sent', 'content_removed', 'user_suspended', 'user_banned')),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  resolved_at BIGINT
);
CREATE INDEX reports_status ON reports (status, created_at);
