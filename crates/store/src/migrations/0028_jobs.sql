-- Durable jobs, apart from translations of messages, which have a table of their own. A scheduled job is a row that
-- becomes due again. All times are the database's.
CREATE TABLE jobs (
  kind TEXT NOT NULL,
  -- Unique within the kind; empty for a scheduled job.
  key TEXT NOT NULL,
  -- JSON.
  payload TEXT NOT NULL DEFAULT '',
  -- Grows when the job is enqueued again, so that a running attempt does not end the newer one.
  revision BIGINT NOT NULL DEFAULT 1,
  run_at BIGINT NOT NULL,
  -- Since it was enqueued or last succeeded, including a running one.
  attempts BIGINT NOT NULL DEFAULT 0,
  claimed_by TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  -- Why the last attempt failed.
  last_error TEXT,
  -- Of a scheduled job.
  last_succeeded_at BIGINT,
  -- Whether it has failed too often, and is kept for the operator only.
  is_dead BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (kind, key)
);
CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE NOT is_dead;
CREATE INDEX jobs_dead ON jobs (run_at) WHERE is_dead;
