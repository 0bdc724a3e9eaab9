-- What the gateways of one database share. All times are the database's.

-- The key that signs tokens where none is configured: made once, for all gateways.
CREATE TABLE signing_key (
  only_one BIGINT PRIMARY KEY CHECK (only_one = 1),
  secret TEXT NOT NULL
);

-- The gateways that serve clients. One that was not seen for some seconds is dead.
CREATE TABLE gateways (
  -- Another one at each start.
  id TEXT PRIMARY KEY,
  -- Tells keys apart; the key cannot be found from it.
  key_fingerprint TEXT NOT NULL,
  -- Grows with each change of `connected_users` of this gateway.
  presence_version BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

-- Who is connected to a gateway. Holds while the gateway is alive.
CREATE TABLE connected_users (
  gateway_id TEXT NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  PRIMARY KEY (gateway_id, user_id)
);

-- What one process at a time does. A lease that has run out is free.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until BIGINT NOT NULL
);

-- Calls that could be guesses, counted over all gateways.
CREATE TABLE call_counts (
  -- The name of the limit.
  limit_name TEXT NOT NULL,
  -- SHA-256 of the caller's name, in hexadecimal.
  caller_hash TEXT NOT NULL,
  calls BIGINT NOT NULL,
  -- The end of the window in which they are counted.
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (limit_name, caller_hash)
);
CREATE INDEX call_counts_ends_at ON call_counts (ends_at);
