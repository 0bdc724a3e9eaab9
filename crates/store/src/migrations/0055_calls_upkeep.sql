-- What a participant has signalled since then, in bytes.
ALTER TABLE live_participants ADD COLUMN signal_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE live_participants ADD COLUMN signals_since BIGINT NOT NULL DEFAULT 0;
CREATE INDEX live_participants_by_user ON live_participants (user_id);

-- Whether the user has said that only friends may call. The documents of preferences do not tell: in them, what was never chosen has its
-- default, which is no.
ALTER TABLE users ADD COLUMN refuses_calls BOOLEAN NOT NULL DEFAULT FALSE;
