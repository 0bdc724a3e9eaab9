//! Terms with a fixed translation, or none.
//!
//! The conversations of a community share one glossary; any other conversation has its own.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, MemberRole, TermId, Timestamp, UserId};

/// A term of a glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its id.
    pub id: TermId,
    /// The conversation it was added in; within a community it applies to all conversations.
    pub conversation: ConversationId,
    /// The words as they occur in messages.
    pub text: String,
    /// The target language; `None` for all languages without a row of their own.
    pub language: Option<Language>,
    /// The translation; `None` to leave the term untranslated.
    pub translation: Option<String>,
    /// The user who added it.
    pub created_by: UserId,
    /// When it was added.
    pub created_at: Timestamp,
}

impl FromRow for Term {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (conversation, id, text, language): (_, _, _, String) = FromRow::from_row(row)?;
        let (translation, created_by, created_at) = FromRow::from_row(row)?;
        // `None` is stored as the empty string.
        let language = Language::parse(&language).ok();
        Ok(Self { id, conversation, text, language, translation, created_by, created_at })
    }
}

/// The owner of the glossary of the conversation `$1`.
pub(crate) const OWNER: &str = "(SELECT COALESCE(community_id, id) FROM conversations WHERE id = $1)";

/// The terms that apply in several conversations, sorted by their words.
pub fn list(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<Vec<Term>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, conversations.len());
    tx.fetch_all(
        &format!(
            "SELECT c.id, g.id, g.term, g.language, g.translation, g.created_by, g.created_at \
             FROM conversations c JOIN glossary_terms g ON g.owner_id = COALESCE(c.community_id, c.id) \
             WHERE c.id IN ({ids}) ORDER BY c.id, g.term, g.language"
        ),
        &padded(conversations.iter().map(|id| Value::from(*id))),
    )
}

/// A term of the glossary of a conversation.
pub fn find(tx: &mut Tx<'_>, conversation: ConversationId, id: TermId) -> Result<Option<Term>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT $1, id, term, language, translation, created_by, created_at \
             FROM glossary_terms WHERE owner_id = {OWNER} AND id = $2"
        ),
        &[conversation.into(), id.into()],
    )
}

/// Makes other transactions that lock this glossary wait until this one ends. One that belongs to a single
/// conversation is locked with [its log](crate::events::append).
pub fn lock(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<(), StoreError> {
    let sql = "UPDATE communities SET updated_at = updated_at \
               WHERE id = (SELECT community_id FROM conversations WHERE id = $1)";
    tx.execute(sql, &[conversation.into()]).map(drop)
}

/// Whether the glossary of a conversation has a term with these words, this language and this translation.
pub fn has(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    text: &str,
    language: Option<Language>,
    translation: Option<&str>,
) -> Result<bool, StoreError> {
    tx.exists(
        &format!(
            "SELECT 1 FROM glossary_terms WHERE owner_id = {OWNER} AND term = $2 AND language = $3 \
             AND translation IS NOT DISTINCT FROM $4"
        ),
        &[
            conversation.into(),
            text.into(),
            language.map_or("", Language::code).into(),
            translation.map(str::to_owned).into(),
        ],
    )
}

/// The number of terms in the glossary of a conversation.
pub fn count(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<i64, StoreError> {
    tx.fetch_one(
        &format!("SELECT count(*) AS total FROM glossary_terms WHERE owner_id = {OWNER}"),
        &[conversation.into()],
    )
}

/// Adds a term, or replaces the translation of an existing one with the same words and language. Returns the
/// stored term.
pub fn put(tx: &mut Tx<'_>, term: &Term) -> Result<Term, StoreError> {
    let language = term.language.map_or("", Language::code);
    tx.fetch_one(
        &format!(
            "INSERT INTO glossary_terms (owner_id, id, term, language, translation, created_by, created_at) \
             VALUES ({OWNER}, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (owner_id, term, language) DO UPDATE SET translation = excluded.translation \
             RETURNING $1, id, term, language, translation, created_by, created_at"
        ),
        &[
            term.conversation.into(),
            term.id.into(),
            (&term.text).into(),
            language.into(),
            term.translation.clone().into(),
            term.created_by.into(),
            term.created_at.into(),
        ],
    )
}

/// Removes a term; returns whether it existed.
pub fn remove(tx: &mut Tx<'_>, conversation: ConversationId, id: TermId) -> Result<bool, StoreError> {
    let removed = tx.execute(
        &format!("DELETE FROM glossary_terms WHERE owner_id = {OWNER} AND id = $2"),
        &[conversation.into(), id.into()],
    )?;
    Ok(removed > 0)
}

/// The role of a user in the community of a conversation. The outer option is `None` without a community.
pub fn role_in_community(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Option<MemberRole>>, StoreError> {
    tx.fetch_optional(
        "SELECT m.role FROM conversations c \
         LEFT JOIN community_members m ON m.community_id = c.community_id AND m.user_id = $2 AND m.is_active \
         WHERE c.id = $1 AND c.community_id IS NOT NULL",
        &[conversation.into(), user.into()],
    )
}
