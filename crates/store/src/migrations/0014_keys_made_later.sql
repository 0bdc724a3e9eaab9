-- The keys of the three tables that an import adds most to are indexes with a name of their own, so that a first import can make
-- them when all rows are there. Nothing refers to these tables; they are made anew, since SQLite drops no key of a table.
CREATE TABLE new_message_statuses (
  id TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  guest_id TEXT REFERENCES guests (id) ON DELETE CASCADE,
  delivered_at BIGINT,
  received_at BIGINT,
  read_at BIGINT,
  read_duration_ms BIGINT,
  read_device TEXT,
  client_version TEXT,
  viewed_once_at BIGINT,
  revealed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK ((user_id IS NULL) <> (guest_id IS NULL))
);
INSERT INTO new_message_statuses SELECT * FROM message_statuses;
DROP TABLE message_statuses;
ALTER TABLE new_message_statuses RENAME TO message_statuses;
CREATE UNIQUE INDEX message_statuses_id ON message_statuses (id);
CREATE UNIQUE INDEX message_statuses_user ON message_statuses (message_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX message_statuses_guest ON message_statuses (message_id, guest_id) WHERE guest_id IS NOT NULL;

CREATE TABLE new_notifications (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  content TEXT NOT NULL,
  data TEXT,
  priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
  is_read BOOLEAN NOT NULL DEFAULT FALSE,
  read_at BIGINT,
  email_sent BOOLEAN NOT NULL DEFAULT FALSE,
  push_sent BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  -- What a notification points at may be gone: soft references, from here on.
  sender_id TEXT,
  sender_username TEXT,
  sender_avatar TEXT,
  sender_display_name TEXT,
  sender_first_name TEXT,
  sender_last_name TEXT,
  message_preview TEXT,
  conversation_id TEXT,
  message_id TEXT,
  call_session_id TEXT
);
INSERT INTO new_notifications SELECT * FROM notifications;
DROP TABLE notifications;
ALTER TABLE new_notifications RENAME TO notifications;
CREATE UNIQUE INDEX notifications_id ON notifications (id);
CREATE INDEX notifications_user ON notifications (user_id, is_read, created_at DESC);
CREATE INDEX notifications_created ON notifications (created_at);

CREATE TABLE new_legacy_documents (
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
  kept_id TEXT
);
INSERT INTO new_legacy_documents SELECT * FROM legacy_documents;
DROP TABLE legacy_documents;
ALTER TABLE new_legacy_documents RENAME TO legacy_documents;
CREATE UNIQUE INDEX legacy_documents_id ON legacy_documents (collection, id);
