//! Who is to be notified, and of what they want to be.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::preferences::older_notification_documents;
use crate::users::LANGUAGE_COLUMNS;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::preferences::{self, Notification};
use meeshy_domain::{ConversationId, LanguageSettings, UserId};
use std::collections::BTreeMap;

record! {
    /// A user who may be notified.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Recipient as "u" {
        /// The user.
        pub user: UserId = "u.id",
        /// What they read.
        pub languages: LanguageSettings = LANGUAGE_COLUMNS,
        /// The name of their time zone.
        pub timezone: Option<String>,
        /// What they want to be notified of, and when.
        pub wanted: Wanted = "p.notification",
        /// What they want of the conversation.
        pub attitude: Attitude = Attitude::columns(),
    }
}

/// Preferences, as [`Notification`].
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The preferences.
    pub preferences: Notification,
    is_set: bool,
}

impl FromRow for Wanted {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let document: Option<String> = FromRow::from_row(row)?;
        Ok(Self { preferences: preferences::read(document.as_deref()), is_set: document.is_some() })
    }
}

record! {
    /// What a user wants of a conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Attitude as "o" {
        /// Whether they have muted it, or the community that it belongs to.
        pub is_muted: bool = "(coalesce(o.is_muted, FALSE) OR coalesce(k.is_muted, FALSE))",
        /// Of what they want to be notified in the community: `all`, `mentions` or `none`.
        pub level: Option<String> = "k.notification_level",
        /// The number of the last message that they have read.
        pub read_sequence: i64 = "coalesce(r.read_sequence, 0)",
    }
}

/// Those of `users` with an account, and if it is of a conversation, those who are members of it.
pub fn find(
    tx: &mut Tx<'_>,
    conversation: Option<ConversationId>,
    users: &[UserId],
) -> Result<Vec<Recipient>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let is_member = match conversation {
        Some(_) => {
            "AND EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = $1 AND m.user_id = u.id AND m.is_active)"
        }
        None => "",
    };
    let mut params: Vec<Value> = vec![conversation.map(|id| id.to_string()).into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    let mut found: Vec<Recipient> = tx.fetch_all(
        &format!(
            "SELECT {} FROM users u LEFT JOIN user_preferences p ON p.user_id = u.id \
               LEFT JOIN conversation_preferences o ON o.user_id = u.id AND o.conversation_id = $1 \
               LEFT JOIN conversations c ON c.id = $1 \
               LEFT JOIN community_preferences k ON k.user_id = u.id AND k.community_id = c.community_id \
               LEFT JOIN read_cursors r ON r.conversation_id = $1 AND r.user_id = u.id \
             WHERE u.id IN ({}) AND u.is_active AND u.deleted_at IS NULL {is_member}",
            Recipient::columns(),
            placeholders(2, users.len())
        ),
        &params,
    )?;
    let unset: Vec<UserId> = found.iter().filter(|one| !one.wanted.is_set).map(|one| one.user).collect();
    let older: BTreeMap<UserId, String> =
        tx.fetch(older_notification_documents(&unset))?.into_iter().collect();
    for one in &mut found {
        if let Some(document) = older.get(&one.user) {
            one.wanted.preferences = preferences::read(Some(document));
        }
    }
    Ok(found)
}
