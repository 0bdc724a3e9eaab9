//! Words that a conversation wants to be translated in one way, or not at all.
//!
//! An owner is a conversation; the table would take a community as well.

use crate::tx::{padded, placeholders};
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, TermId, Timestamp, UserId};

/// A term of a glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Which.
    pub id: TermId,
    /// Of whose glossary.
    pub owner: ConversationId,
    /// As it stands in messages.
    pub text: String,
    /// Into which language; `None` for all that have no row of their own.
    pub language: Option<Language>,
    /// What it is to become; `None` if it stays as it is.
    pub translation: Option<String>,
    /// Who added it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

fn read(row: &mut Row) -> Result<Term, StoreError> {
    let language: String = row.take("language")?;
    Ok(Term {
        id: row.take("id")?,
        owner: row.take("owner_id")?,
        text: row.take("term")?,
        language: Language::parse(&language).ok(),
        translation: row.take("translation")?,
        created_by: row.take("created_by")?,
        created_at: row.take("created_at")?,
    })
}

/// The terms of some glossaries, in the order of their words.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx<'_>, owners: &[ConversationId]) -> Result<Vec<Term>, StoreError> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, owners.len());
    tx.query(
        &format!(
            "SELECT id, owner_id, term, language, translation, created_by, created_at FROM glossary_terms \
             WHERE owner_id IN ({ids}) ORDER BY owner_id, term, language"
        ),
        &padded(owners.iter().map(|id| Value::from(*id))),
        read,
    )
}

/// How many terms a glossary has.
///
/// # Errors
/// As the database says.
pub fn count(tx: &mut Tx<'_>, owner: ConversationId) -> Result<i64, StoreError> {
    tx.query_one("SELECT count(*) AS total FROM glossary_terms WHERE owner_id = $1", &[owner.into()], |row| {
        row.take("total")
    })
}

/// Adds a term; where there is one of the same words and language, it gets the translation. Gives it as it is then.
///
/// # Errors
/// As the database says.
pub fn put(tx: &mut Tx<'_>, term: &Term) -> Result<Term, StoreError> {
    let language = term.language.map_or("", Language::code);
    tx.query_one(
        "INSERT INTO glossary_terms (id, owner_id, term, language, translation, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (owner_id, term, language) DO UPDATE SET translation = excluded.translation \
         RETURNING id, owner_id, term, language, translation, created_by, created_at",
        &[
            term.id.into(),
            term.owner.into(),
            (&term.text).into(),
            language.into(),
            term.translation.clone().into(),
            term.created_by.into(),
            term.created_at.into(),
        ],
        read,
    )
}

/// Removes a term; says whether there was one.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx<'_>, owner: ConversationId, id: TermId) -> Result<bool, StoreError> {
    let removed =
        tx.execute("DELETE FROM glossary_terms WHERE owner_id = $1 AND id = $2", &[owner.into(), id.into()])?;
    Ok(removed > 0)
}
