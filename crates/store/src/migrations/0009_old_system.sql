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

-- How documents were laid out, so that they can be written back as they were. A few hundred layouts serve all documents.
CREATE TABLE legacy_layouts (
  number BIGINT PRIMARY KEY,
  -- The name that the collection had in the dump.
  name TEXT NOT NULL,
  -- The fields in their order, as a JSON array; empty for documents that are kept whole.
  fields TEXT NOT NULL
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
  layout BIGINT REFERENCES legacy_layouts (number),
  -- BSON: what the row said at the import in place of fields that are in `rest` or were not there, if it said anything.
  instead BYTEA,
  -- The document that it was merged into.
  kept_collection TEXT,
  kept_id TEXT,
  PRIMARY KEY (collection, id)
);
