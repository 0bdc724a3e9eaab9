//! The index of grams: how each database makes, fills, writes and searches it.

/// What differs between the databases. A text is indexed as its grams with spaces between them.
pub(crate) struct FullText {
    /// Creates the table `search_grams` with the columns `rowid` and `grams`.
    pub create: &'static str,
    /// Creates the trigger that queues the messages whose texts an event of the log has changed.
    pub queue: &'static str,
    /// The value of `grams`, given the text in parameter `$2`.
    pub value: &'static str,
    /// A condition on a row of `search_grams`, given a search in parameter `$1`.
    pub matches: &'static str,
    /// Lists the grams that are in more than a twentieth of the rows, if looking for those costs more than it saves.
    pub common: Option<&'static str>,
    quote: char,
    and: &'static str,
    or: &'static str,
}

/// FTS5, without the texts themselves (<https://www.sqlite.org/fts5.html#contentless_delete_tables>). The tokenizer separates
/// at spaces, and leaves the folded grams as they are.
pub(crate) const FTS5: FullText = FullText {
    create: "CREATE VIRTUAL TABLE search_grams USING fts5 \
        (grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')",
    queue: "CREATE TRIGGER queue_for_search AFTER INSERT ON conversation_events \
        WHEN NEW.kind IN ('message', 'edit', 'delete', 'translation') BEGIN \
        INSERT INTO search_queue (message_id, event) VALUES (substr(NEW.subject, 1, 24), NEW.number) \
        ON CONFLICT DO NOTHING; END",
    value: "$2",
    matches: "search_grams MATCH $1",
    common: None,
    quote: '"',
    and: " AND ",
    or: " OR ",
};

/// A GIN index over the grams as lexemes. `pg_trgm` is of no use here: in the locale C it ignores all letters but those of English.
/// The index is written in the background, so writing must not be made faster at the cost of searches.
pub(crate) const TSVECTOR: FullText = FullText {
    create: "CREATE TABLE search_grams (rowid BIGINT PRIMARY KEY, grams TSVECTOR NOT NULL); \
        CREATE INDEX search_grams_by_gram ON search_grams USING GIN (grams) WITH (fastupdate = off)",
    queue: "CREATE FUNCTION queue_for_search() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO search_queue (message_id, event) VALUES (substr(NEW.subject, 1, 24), NEW.number) \
        ON CONFLICT DO NOTHING; RETURN NULL; END $$; \
        CREATE TRIGGER queue_for_search AFTER INSERT ON conversation_events FOR EACH ROW \
        WHEN (NEW.kind IN ('message', 'edit', 'delete', 'translation')) EXECUTE FUNCTION queue_for_search()",
    value: "array_to_tsvector(string_to_array($2, ' '))",
    matches: "grams @@ CAST(CAST($1 AS TEXT) AS TSQUERY)",
    // GIN looks each candidate up in the list of each gram, which takes long for those that are nearly everywhere. ANALYZE collects them.
    common: Some(
        "SELECT x.gram FROM pg_stats s, \
           unnest(CAST(CAST(s.most_common_elems AS TEXT) AS TEXT[]), s.most_common_elem_freqs) AS x (gram, part) \
         WHERE s.schemaname = current_schema() AND s.tablename = 'search_grams' AND s.attname = 'grams' \
           AND x.part >= 0.05 AND x.gram IS NOT NULL",
    ),
    quote: '\'',
    and: " & ",
    or: " | ",
};

impl FullText {
    /// The search for rows that have one gram of each group.
    pub fn search(&self, groups: &[Vec<String>]) -> String {
        let Self { quote, and, or, .. } = self;
        let one_of = |group: &Vec<String>| {
            let quoted: Vec<String> = group.iter().map(|gram| format!("{quote}{gram}{quote}")).collect();
            format!("({})", quoted.join(or))
        };
        groups.iter().map(one_of).collect::<Vec<_>>().join(and)
    }
}
