-- Files that are received in parts, until they are complete. Their bytes are in the folder of uploads.
CREATE TABLE resumable_uploads (
  -- Also that of the file.
  id TEXT PRIMARY KEY,
  uploaded_by TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  original_name TEXT NOT NULL,
  -- The MIME type according to the uploader.
  declared_type TEXT,
  -- Where it will be.
  file_path TEXT NOT NULL,
  -- All of it, in bytes.
  file_size BIGINT NOT NULL,
  -- What the uploader says of it otherwise, as JSON.
  metadata TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX resumable_uploads_quota ON resumable_uploads (uploaded_by, file_size);

-- Whether it is the picture of a user, a conversation or a community.
ALTER TABLE attachments ADD COLUMN is_picture BOOLEAN NOT NULL DEFAULT FALSE;

-- A file that is removed takes these along.
CREATE INDEX attachment_statuses_attachment ON attachment_statuses (attachment_id);
CREATE INDEX attachment_reactions_attachment ON attachment_reactions (attachment_id);
