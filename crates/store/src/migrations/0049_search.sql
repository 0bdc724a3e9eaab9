-- The search in the texts of messages. What has changed waits here until it is indexed, in the background.
CREATE TABLE search_queue (
  message_id TEXT NOT NULL,
  -- Of the event of the change; 0 if it is none of those that are logged.
  event BIGINT NOT NULL,
  PRIMARY KEY (message_id, event)
);

-- The messages in the index `search_grams`, a table of its own kind on each database.
CREATE TABLE search_entries (
  message_id TEXT PRIMARY KEY,
  -- The `rowid` in the index. Later messages have higher ones, apart from those that an import adds.
  number BIGINT NOT NULL UNIQUE
);

-- One row.
CREATE TABLE search_state (
  id BIGINT PRIMARY KEY,
  -- The highest number given.
  last_number BIGINT NOT NULL,
  -- How the texts were folded.
  fold_version BIGINT NOT NULL
);
