//! Names as they are compared and searched. They are case-folded here, so that both databases behave the
//! same.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::visibility::not_blocked;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::text::{self, FOLD_VERSION, Names};
use std::collections::{BTreeSet, HashMap};

/// Users whose names are folded in one transaction.
const BATCH: i64 = 500;
/// The most users that a search returns; more matches need a more exact query.
const MAX_FOUND: i64 = 1_000;

/// Sets the words by which a user is found.
pub(crate) fn set_words(tx: &mut Tx<'_>, id: &Value, words: BTreeSet<String>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM name_words WHERE user_id = $1", std::slice::from_ref(id))?;
    let rows: Vec<Value> =
        words.into_iter().flat_map(|word| [Value::Bytes(word.into_bytes()), id.clone()]).collect();
    tx.insert_rows("name_words", &["word", "user_id"], &rows, "")?;
    Ok(())
}

/// A condition on a user `u` whose names match each word of `text`, with its parameters from `$from` on;
/// `None` if there is no word in it.
pub(crate) fn found_by(text: &str, from: usize) -> Option<(String, Vec<Value>)> {
    let words = searched(text)?;
    let others = each_matches("w.user_id", from + 2, words.len() - 1);
    let first = in_range("w", from);
    let condition = format!("SELECT w.user_id FROM name_words w WHERE {first}{others}");
    Some((condition, ranges(&words)))
}

/// The same, of the first 1,000 words in alphabetical order.
pub(crate) fn first_words(text: &str, from: usize) -> Option<(String, Vec<Value>)> {
    let (condition, params) = found_by(text, from)?;
    Some((format!("{condition} ORDER BY w.word, w.user_id LIMIT {MAX_FOUND}"), params))
}

/// A condition (with `AND` before it) on the user in `column`, whose names match each word of `text`, with its
/// parameters from `$from` on; `None` if there is no word in it.
pub(crate) fn matching(column: &str, text: &str, from: usize) -> Option<(String, Vec<Value>)> {
    let words = searched(text)?;
    Some((each_matches(column, from, words.len()), ranges(&words)))
}

/// The words of a search, if there are any. The longest one comes first: it leaves the fewest candidates.
pub(crate) fn searched(text: &str) -> Option<Vec<String>> {
    let mut words = text::searched_words(text);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    (!words.is_empty()).then_some(words)
}

/// Conditions that are checked for one user after the other: because of the `OFFSET`, PostgreSQL does not read
/// all names with a frequent word instead.
fn each_matches(column: &str, from: usize, words: usize) -> String {
    let each = (0..words).map(|n| {
        let range = in_range("o", from + 2 * n);
        format!(
            " AND EXISTS (SELECT 1 FROM name_words o WHERE o.user_id = {column} AND {range} LIMIT 1 OFFSET 0)"
        )
    });
    each.collect()
}

pub(crate) fn in_range(alias: &str, from: usize) -> String {
    format!("{alias}.word >= ${from} AND {alias}.word < ${}", from + 1)
}

/// The first and the last word with each of these beginnings. No byte of UTF-8 is as high as 0xFF.
pub(crate) fn ranges(words: &[String]) -> Vec<Value> {
    let range = |word: &String| {
        let beginning = word.as_bytes().to_vec();
        let end = [word.as_bytes(), &[0xff]].concat();
        [Value::Bytes(beginning), Value::Bytes(end)]
    };
    words.iter().flat_map(range).collect()
}

/// The first users by id that match `condition`, are active, and are neither the user of parameter `$1` nor
/// blocked by or blocking that user.
pub(crate) fn first_found(condition: &str) -> String {
    format!(
        "SELECT f.id FROM users f WHERE f.is_active AND f.deleted_at IS NULL AND NOT f.hides_profile AND f.id <> $1 AND {} AND f.id IN ({condition}) ORDER BY f.id LIMIT {MAX_FOUND}",
        not_blocked("f", 1)
    )
}

/// Whether the username is taken, in any spelling ([`text::key`]).
pub fn username_is_taken(tx: &mut Tx<'_>, username: &str) -> Result<bool, StoreError> {
    tx.exists("SELECT 1 FROM users WHERE username_key = $1", &[text::key(username).into()])
}

/// Whether the address is taken, in any spelling ([`text::email_key`]).
pub fn email_is_taken(tx: &mut Tx<'_>, email: &str) -> Result<bool, StoreError> {
    tx.exists("SELECT 1 FROM users WHERE email_key = $1", &[text::email_key(email).into()])
}

/// Whether the telephone number is taken, in its stored form.
pub fn phone_is_taken(tx: &mut Tx<'_>, number: &str) -> Result<bool, StoreError> {
    tx.exists("SELECT 1 FROM users WHERE phone_number = $1", &[number.into()])
}

/// Whether an earlier version of the program has folded the names, or none.
pub(crate) fn are_outdated(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let version: Option<i64> = tx.fetch_optional("SELECT version FROM name_folding", &[])?;
    Ok(version != Some(FOLD_VERSION))
}

/// Folds the names of some users by the current rules, where an earlier version of the program has not;
/// returns whether there are more.
pub(crate) fn fold_some(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let begun: Option<(i64, Option<String>)> =
        tx.fetch_optional("SELECT version, position FROM name_folding", &[])?;
    let after = match begun {
        Some((FOLD_VERSION, None)) => return Ok(false),
        Some((FOLD_VERSION, Some(position))) => position,
        _ => String::new(),
    };
    let position = fold_after(tx, &after)?;
    let more = position.is_some();
    tx.execute("DELETE FROM name_folding", &[])?;
    tx.execute(
        "INSERT INTO name_folding (version, position) VALUES ($1, $2)",
        &[FOLD_VERSION.into(), position.into()],
    )?;
    Ok(more)
}

/// Folds all names that were changed without their folded forms, as by an import.
pub fn fold_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut after = Some(String::new());
    while let Some(position) = after {
        after = fold_after(tx, &position)?;
    }
    Ok(())
}

struct Named {
    id: String,
    keys: [Option<String>; 2],
    found_keys: [Option<String>; 2],
    words: BTreeSet<String>,
    twin: String,
}

impl FromRow for Named {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (id, username, email): (_, String, String) = FromRow::from_row(row)?;
        let (first, last, display): (String, String, String) = FromRow::from_row(row)?;
        let (username_key, email_key, twin) = FromRow::from_row(row)?;
        let names = Names { username: &username, first: &first, last: &last, display: &display };
        Ok(Self {
            id,
            keys: [text::key(&username), text::email_key(&email)],
            found_keys: [username_key, email_key],
            words: text::found_words(names),
            twin,
        })
    }
}

/// Folds the names of the users after `position`; returns the position of the last, or `None` at the end.
fn fold_after(tx: &mut Tx<'_>, position: &str) -> Result<Option<String>, StoreError> {
    let people: Vec<Named> = tx.fetch_all(
        "SELECT id, username, email, first_name, last_name, display_name, username_key, email_key, name_twin FROM users \
         WHERE id > $1 ORDER BY id LIMIT $2",
        &[position.into(), BATCH.into()],
    )?;
    let Some(last) = people.last().map(|person| person.id.clone()) else { return Ok(None) };
    let more = i64::try_from(people.len()).is_ok_and(|count| count == BATCH);
    let mut found_words = words_of(tx, &people)?;
    for person in people {
        let Named { id, keys, found_keys, words, twin } = person;
        if keys != found_keys {
            set_keys(tx, &id, keys, &twin)?;
        }
        if found_words.remove(&id).unwrap_or_default() != words {
            set_words(tx, &id.into(), words)?;
        }
    }
    Ok(more.then_some(last))
}

fn words_of(tx: &mut Tx<'_>, people: &[Named]) -> Result<HashMap<String, BTreeSet<String>>, StoreError> {
    let ids = placeholders(1, people.len());
    let mut words: HashMap<String, BTreeSet<String>> = HashMap::new();
    let found: Vec<(String, Vec<u8>)> = tx.fetch_all(
        &format!("SELECT user_id, word FROM name_words WHERE user_id IN ({ids})"),
        &padded(people.iter().map(|person| Value::from(&person.id))),
    )?;
    for (id, word) in found {
        words.entry(id).or_default().insert(String::from_utf8_lossy(&word).into_owned());
    }
    Ok(words)
}

/// Sets the folded names of a user. If another account already has one of them, this one becomes its twin: it
/// is found by its exact spelling only.
fn set_keys(tx: &mut Tx<'_>, id: &str, keys: [Option<String>; 2], twin: &str) -> Result<(), StoreError> {
    let [username, email] = keys;
    let twin_now: String = tx.fetch_one(
        "UPDATE users SET username_key = $2, email_key = $3, name_twin = CASE WHEN name_twin = '' AND EXISTS \
           (SELECT 1 FROM users o WHERE o.id <> $1 AND o.name_twin = '' AND (o.username_key = $2 OR o.email_key = $3)) \
           THEN id ELSE name_twin END WHERE id = $1 RETURNING name_twin",
        &[id.into(), username.into(), email.into()])?;
    if twin_now != twin {
        tracing::warn!(
            user = id,
            "an older account has the same username or e-mail address in another spelling; \
             this one can sign in with its exact spelling only"
        );
    }
    Ok(())
}
