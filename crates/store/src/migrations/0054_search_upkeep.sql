-- All messages up to this one were indexed, after an upgrade or an import; NULL once that was done for all.
ALTER TABLE search_state ADD COLUMN backfilled TEXT DEFAULT '';

-- How the texts were folded when the message was indexed. `search_state.fold_version` is not used any more.
ALTER TABLE search_entries ADD COLUMN fold_version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX search_entries_by_folding ON search_entries (fold_version);
