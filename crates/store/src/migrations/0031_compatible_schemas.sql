-- The newest migration that a program has to know to work on this schema. It lets the release before start again on a
-- database that a newer one has migrated, as long as that only expanded the schema.
ALTER TABLE migrations ADD COLUMN works_since BIGINT;
