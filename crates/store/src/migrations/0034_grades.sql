-- How good a translation is expected to be (`good`, `fair`, `rough`); NULL in older rows.
ALTER TABLE translations ADD COLUMN grade TEXT;
-- The `updated_at` to which the grade belongs: the release before, and an import, replace a translation without it.
ALTER TABLE translations ADD COLUMN graded_at BIGINT;
ALTER TABLE text_requests ADD COLUMN grade TEXT;
ALTER TABLE translation_cache ADD COLUMN grade TEXT;
-- How good the translations of each pair are: `en-es good`, one pair a line.
ALTER TABLE translators ADD COLUMN grades TEXT NOT NULL DEFAULT '';
