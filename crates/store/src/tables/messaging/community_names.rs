//! The words by which communities are found, and what else follows from their rows.

use crate::names::{in_range, ranges, searched};
use crate::{StoreError, Tx, Value};
use meeshy_domain::CommunityId;
use meeshy_domain::text::{self, Names};

/// Communities whose names are folded with one statement.
const BATCH: i64 = 500;
/// The most communities that a search returns; more matches need a more exact query.
pub(super) const MAX_FOUND: i64 = 1_000;

/// Sets the words by which a community is found: those of its name and its identifier.
pub(super) fn set(tx: &mut Tx<'_>, id: CommunityId, identifier: &str, name: &str) -> Result<(), StoreError> {
    set_words(tx, &id.to_string(), identifier, name)
}

fn set_words(tx: &mut Tx<'_>, id: &str, identifier: &str, name: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM community_name_words WHERE community_id = $1", &[id.into()])?;
    let username = identifier.trim_start_matches("mshy_");
    let words = text::found_words(Names { username, first: name, last: "", display: "" });
    let rows: Vec<Value> =
        words.into_iter().flat_map(|word| [Value::Bytes(word.into_bytes()), id.into()]).collect();
    tx.insert_rows("community_name_words", &["word", "community_id"], &rows, "").map(drop)
}

/// Folds the names of all communities by the current rules.
pub(crate) fn fold_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let named: Vec<(String, String, String)> = tx.fetch_all(
            "SELECT id, identifier, name FROM communities WHERE id > $1 ORDER BY id LIMIT $2",
            &[after.into(), BATCH.into()],
        )?;
        let Some((last, ..)) = named.last() else { return Ok(()) };
        after = last.clone();
        for (id, identifier, name) in &named {
            set_words(tx, id, identifier, name)?;
        }
    }
}

/// Folds all names and counts all members, after an import has changed the rows.
pub(crate) fn follow_rows(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    fold_all(tx)?;
    tx.execute(
        "UPDATE communities SET member_count = (SELECT count(*) FROM community_members m \
           WHERE m.community_id = communities.id AND m.is_active) \
         WHERE member_count <> (SELECT count(*) FROM community_members m \
           WHERE m.community_id = communities.id AND m.is_active)",
        &[],
    )?;
    Ok(())
}

/// The ids and sizes of public communities whose names match each word of `text`, with parameters from `$from` on; `None`
/// if there is no word in it. One that matches twice is there twice.
pub(super) fn public(text: &str, from: usize) -> Option<(String, Vec<Value>)> {
    let words = searched(text)?;
    let (first, others) = (in_range("w", from), each("w.community_id", from + 2, words.len() - 1));
    let public = "f.id = w.community_id AND f.is_active AND NOT f.is_private LIMIT 1 OFFSET 0";
    let sql = format!(
        "SELECT w.community_id AS id, (SELECT f.member_count FROM communities f WHERE f.id = w.community_id) AS size \
         FROM community_name_words w WHERE {first} AND EXISTS (SELECT 1 FROM communities f WHERE {public}){others} \
         ORDER BY w.word, w.community_id LIMIT {MAX_FOUND}"
    );
    Some((sql, ranges(&words)))
}

/// A condition (with `AND` before it) on the community in `column`, whose names match each word of `text`.
pub(super) fn matching(column: &str, text: &str, from: usize) -> Option<(String, Vec<Value>)> {
    let words = searched(text)?;
    Some((each(column, from, words.len()), ranges(&words)))
}

/// Because of the `OFFSET`, PostgreSQL checks one community after the other, as in [`names`](crate::names).
fn each(column: &str, from: usize, words: usize) -> String {
    let each = (0..words).map(|n| {
        let range = in_range("o", from + 2 * n);
        format!(
            " AND EXISTS (SELECT 1 FROM community_name_words o WHERE o.community_id = {column} AND {range} LIMIT 1 OFFSET 0)"
        )
    });
    each.collect()
}
