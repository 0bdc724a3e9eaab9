-- Files are asked for by their path.
CREATE INDEX attachments_file ON attachments (file_path);
CREATE INDEX attachments_thumbnail ON attachments (thumbnail_path);
