-- Since when a participant's gateway is not alive, or one without a socket is not connected. Unlike `gone_at`, which the gateway of the
-- socket records, it ends when they are there again.
ALTER TABLE live_participants ADD COLUMN missing_since BIGINT;
