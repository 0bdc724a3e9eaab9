-- Words that are translated in one way, or not at all.
CREATE TABLE glossary_terms (
  id TEXT PRIMARY KEY,
  -- Whose: the id of a conversation, or of a community.
  owner_id TEXT NOT NULL,
  term TEXT NOT NULL,
  -- Into which language; empty for all that have no row of their own.
  language TEXT NOT NULL,
  -- NULL: it stays as it is.
  translation TEXT,
  created_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  UNIQUE (owner_id, term, language)
);

-- What readers say of translations.
CREATE TABLE translation_reports (
  id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES messages (id),
  language TEXT NOT NULL,
  -- Of which text of the message, what was shown, and which engine had made it.
  revision BIGINT NOT NULL,
  content TEXT NOT NULL,
  engine TEXT NOT NULL,
  reporter_id TEXT NOT NULL REFERENCES users (id),
  reason TEXT NOT NULL,
  comment TEXT,
  -- Whether another engine was asked for.
  wants_another BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  -- Who says the same again corrects it.
  UNIQUE (message_id, language, revision, engine, reporter_id)
);
CREATE INDEX translation_reports_created ON translation_reports (created_at);

-- Engines and routes that readers were not content with, one a line.
ALTER TABLE translation_jobs ADD COLUMN avoid TEXT NOT NULL DEFAULT '';

-- Texts that are no messages, from a process that takes messages to one that translates.
CREATE TABLE text_requests (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  tier TEXT NOT NULL,
  content TEXT NOT NULL,
  -- Who is at it, until when.
  claimed_by TEXT NOT NULL DEFAULT '',
  -- The answer, as in `translations`; NULL until it is there.
  state TEXT,
  answer TEXT,
  engine TEXT,
  score DOUBLE PRECISION,
  reason TEXT,
  created_at BIGINT NOT NULL
);
