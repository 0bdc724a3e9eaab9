-- The processes that translate, so that a gateway knows what they can, and what a dead one had begun is taken up by others.
CREATE TABLE translators (
  id TEXT PRIMARY KEY,
  -- The machine, for people.
  name TEXT NOT NULL,
  -- What it translates: `en-es 1.2`, one pair a line, with the milliseconds that a sentence takes.
  pairs TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);

ALTER TABLE translation_jobs ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';

-- What a gateway missed while it could not listen.
CREATE INDEX translations_updated ON translations (updated_at);
