-- A few colours of a picture, shown until it is loaded (https://blurha.sh).
ALTER TABLE attachments ADD COLUMN blur_hash TEXT;
-- The loudness of a recording over time, as bytes in base64.
ALTER TABLE attachments ADD COLUMN waveform TEXT;
-- What the files of a person add up to.
CREATE INDEX attachments_quota ON attachments (uploaded_by, file_size) WHERE NOT is_anonymous AND NOT is_forwarded;
