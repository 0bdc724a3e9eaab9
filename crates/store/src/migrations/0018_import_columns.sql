-- What an import knows of each column of a row, and what exports wrote.

-- A digest of each column of the row as it was imported, to tell which were changed here since.
ALTER TABLE legacy_documents ADD COLUMN column_digests BYTEA;

-- The exports whose documents may come back.
CREATE TABLE legacy_exports (
  number BIGINT PRIMARY KEY,
  -- The digest of the dump.
  digest TEXT NOT NULL,
  finished_at BIGINT NOT NULL
);

-- The documents of an export that no import had brought as they were written.
CREATE TABLE legacy_exported (
  export BIGINT NOT NULL REFERENCES legacy_exports (number),
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  -- The first 16 bytes of the SHA-256 of the document.
  digest BYTEA NOT NULL,
  -- A digest of each column of the row as the document says it.
  column_digests BYTEA NOT NULL,
  -- The key of the row, as a JSON array.
  row_key TEXT NOT NULL,
  PRIMARY KEY (collection, id, export)
);
CREATE INDEX legacy_exported_export ON legacy_exported (export);
