-- Calls that are going on; one that is over has no row here. All times are the database's.
CREATE TABLE live_calls (
  -- At most one in each conversation.
  conversation_id TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
  call_id TEXT NOT NULL UNIQUE REFERENCES call_sessions (id) ON DELETE CASCADE,
  -- The number of its newest event.
  last_event BIGINT NOT NULL DEFAULT 0,
  -- When it ends if nobody answers or, once somebody has, at the latest.
  ends_at BIGINT NOT NULL
);
CREATE INDEX live_calls_ends_at ON live_calls (ends_at);

-- Who is in a call.
CREATE TABLE live_participants (
  call_id TEXT NOT NULL REFERENCES live_calls (call_id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL,
  -- The gateway and the socket through which the user takes part; NULL for one who joined without a socket.
  gateway_id TEXT,
  socket TEXT,
  -- Since when that socket is closed.
  gone_at BIGINT,
  PRIMARY KEY (call_id, user_id)
);

-- What has happened in calls, for the other gateways. Kept for a minute.
CREATE TABLE call_events (
  call_id TEXT NOT NULL,
  -- Grows within the call.
  number BIGINT NOT NULL,
  -- Where it happened.
  gateway_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (call_id, number)
);
CREATE INDEX call_events_created ON call_events (created_at);

-- Imported calls that seem to be going on.
CREATE INDEX call_sessions_open ON call_sessions (started_at) WHERE status IN ('initiated', 'ringing', 'active');
