-- What became of every document of the old system, so that an import can be repeated, continued and undone.

-- One row for each import that changed something.
CREATE TABLE legacy_imports (
  number BIGINT PRIMARY KEY,
  -- The digest of the whole dump: the same one again needs no work.
  digest TEXT NOT NULL,
  -- The report as JSON, as `meeshy import --json` shows it.
  report TEXT NOT NULL,
  finished_at BIGINT NOT NULL
);

CREATE TABLE legacy_documents (
  -- The name of the model: `call_sessions` and `CallSession` are one collection.
  collection TEXT NOT NULL,
  -- The `_id` as hexadecimal digits or text; a document without one has `#` and its position.
  id TEXT NOT NULL,
  -- The first 16 bytes of the SHA-256 of the document.
  digest BYTEA NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('inserted', 'merged', 'archived', 'rejected')),
  -- The document it was merged into, the reason why it was rejected, or what was noticed about it.
  note TEXT,
  -- BSON: the fields that no column holds as they were; the whole document unless it was inserted.
  rest BYTEA,
  -- The digest of the row as it was imported, to tell whether it was changed here since.
  row_digest BYTEA,
  PRIMARY KEY (collection, id)
);
