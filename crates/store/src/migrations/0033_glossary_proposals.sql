-- Terms that members suggest for a glossary. An accepted one moves to `glossary_terms`, a declined one is deleted.
CREATE TABLE glossary_proposals (
  id TEXT PRIMARY KEY,
  -- As in `glossary_terms`.
  owner_id TEXT NOT NULL,
  term TEXT NOT NULL,
  language TEXT NOT NULL,
  translation TEXT,
  proposed_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  -- Who proposes the same again corrects it.
  UNIQUE (owner_id, term, language, proposed_by)
);
