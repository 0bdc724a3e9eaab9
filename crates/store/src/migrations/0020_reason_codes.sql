-- Why there is no translation, as a code that clients word; NULL in older rows.
ALTER TABLE translations ADD COLUMN reason_code TEXT;
ALTER TABLE text_requests ADD COLUMN reason_code TEXT;
