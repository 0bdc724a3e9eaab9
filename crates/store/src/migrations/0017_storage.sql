-- One row that is written anew to find out whether anything can be written.
CREATE TABLE write_checks (
    id BIGINT PRIMARY KEY,
    content TEXT NOT NULL
);

-- The oldest cached translations are found without reading all of them.
CREATE INDEX translation_cache_created ON translation_cache (created_at);
