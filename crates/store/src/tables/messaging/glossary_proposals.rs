//! Terms that members propose for a [glossary](crate::glossary), until a moderator decides.

use crate::engine::record::FromRow;
use crate::glossary::OWNER;
use crate::users::SHOWN_NAME;
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, TermId, Timestamp, UserId};

/// A proposed term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: TermId,
    /// The words as they occur in messages.
    pub text: String,
    /// The target language; `None` for all languages without an entry of their own.
    pub language: Option<Language>,
    /// The translation; `None` to leave the term untranslated.
    pub translation: Option<String>,
    /// The user who proposed it.
    pub proposed_by: UserId,
    /// The name of that user.
    pub proposer: String,
    /// When it was proposed.
    pub created_at: Timestamp,
}

impl FromRow for Proposal {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (id, text, language): (_, _, String) = FromRow::from_row(row)?;
        let (translation, proposed_by, proposer, created_at) = FromRow::from_row(row)?;
        // `None` is stored as the empty string.
        let language = Language::parse(&language).ok();
        Ok(Self { id, text, language, translation, proposed_by, proposer, created_at })
    }
}

fn select(condition: &str) -> String {
    format!(
        "SELECT p.id, p.term, p.language, p.translation, p.proposed_by, {SHOWN_NAME}, p.created_at \
         FROM glossary_proposals p JOIN users u ON u.id = p.proposed_by WHERE p.owner_id = {OWNER} {condition}"
    )
}

/// The proposals for the glossary of a conversation, the oldest first. Their number is bounded where they are
/// added.
pub fn list(conversation: ConversationId) -> Query<Vec<Proposal>> {
    Query::all(select("ORDER BY p.created_at, p.id"), vec![conversation.into()])
}

/// The same without those of people whom `viewer` has blocked.
pub fn list_for(conversation: ConversationId, viewer: UserId) -> Query<Vec<Proposal>> {
    let seen = "AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = $2 AND b.blocked_id = p.proposed_by) \
                ORDER BY p.created_at, p.id";
    Query::all(select(seen), vec![conversation.into(), viewer.into()])
}

/// A proposal for the glossary of a conversation.
pub fn find(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    id: TermId,
) -> Result<Option<Proposal>, StoreError> {
    tx.fetch_optional(&select("AND p.id = $2"), &[conversation.into(), id.into()])
}

/// The numbers of all proposals for the glossary of a conversation, and of those of one user.
pub fn count(tx: &mut Tx<'_>, conversation: ConversationId, user: UserId) -> Result<(i64, i64), StoreError> {
    tx.fetch_one(
        &format!(
            "SELECT count(*), count(CASE WHEN proposed_by = $2 THEN 1 END) \
             FROM glossary_proposals WHERE owner_id = {OWNER}"
        ),
        &[conversation.into(), user.into()],
    )
}

/// Adds a proposal, or replaces the translation of an earlier one of the same user with the same words and
/// language. Returns the id of the stored proposal: a new one if the translation has changed, so that nobody
/// decides on a translation they have not seen.
pub fn put(tx: &mut Tx<'_>, conversation: ConversationId, proposal: &Proposal) -> Result<TermId, StoreError> {
    let Proposal { id, text, language, translation, proposed_by, created_at, .. } = proposal;
    tx.fetch_one(
        &format!(
            "INSERT INTO glossary_proposals (owner_id, id, term, language, translation, proposed_by, created_at) \
             VALUES ({OWNER}, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (owner_id, term, language, proposed_by) DO UPDATE SET translation = excluded.translation, \
               id = CASE WHEN glossary_proposals.translation IS NOT DISTINCT FROM excluded.translation \
                 THEN glossary_proposals.id ELSE excluded.id END \
             RETURNING id"
        ),
        &[
            conversation.into(),
            (*id).into(),
            text.into(),
            language.map_or("", Language::code).into(),
            translation.clone().into(),
            (*proposed_by).into(),
            (*created_at).into(),
        ],
    )
}

/// Removes a proposal.
pub fn remove(tx: &mut Tx<'_>, conversation: ConversationId, id: TermId) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM glossary_proposals WHERE owner_id = {OWNER} AND id = $2");
    tx.execute(&sql, &[conversation.into(), id.into()]).map(drop)
}

/// Removes all proposals with these words and this language, once there is such a term.
pub fn remove_same(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    text: &str,
    language: Option<Language>,
) -> Result<(), StoreError> {
    let params: [Value; 3] = [conversation.into(), text.into(), language.map_or("", Language::code).into()];
    let sql =
        format!("DELETE FROM glossary_proposals WHERE owner_id = {OWNER} AND term = $2 AND language = $3");
    tx.execute(&sql, &params).map(drop)
}
