//! The numbers of members and messages per conversation and language.
//!
//! They are updated with every change of a membership, a user's languages or a message, so that a message
//! costs the same in a room of three and in one of a hundred thousand. An import recomputes them
//! ([`recount`]).

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{ConversationId, Language, LanguageSettings, Timestamp, UserId};
use std::collections::BTreeMap;

record! {
    /// The counts of a conversation for one language.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Counts {
        /// The language.
        pub language: Language,
        /// Active members with this main language.
        pub members: i64,
        /// Active members for whom messages are translated into it, and guests who read it.
        pub readers: i64,
        /// Messages written in it that are not deleted; some may have expired since. System messages are in no language.
        pub messages: i64,
    }
}

/// The counts of a conversation, by language.
pub fn list(conversation: ConversationId) -> Query<Vec<Counts>> {
    Query::all(
        format!(
            "SELECT {} FROM conversation_languages WHERE conversation_id = $1 ORDER BY language",
            Counts::columns()
        ),
        vec![conversation.into()],
    )
}

/// The number of messages per language that have expired by `now`, which [`list`] still counts.
pub fn expired(conversation: ConversationId, now: Timestamp) -> Query<Vec<(Language, i64)>> {
    Query::all(
        "SELECT original_language, count(*) AS total FROM messages WHERE conversation_id = $1 AND deleted_at IS NULL \
           AND message_source <> 'system' AND expires_at IS NOT NULL AND expires_at <= $2 GROUP BY original_language",
        vec![conversation.into(), now.into()],
    )
}

/// Changes to the counts of some languages: members, readers and messages, which may be negative.
#[derive(Debug, Clone, Default)]
struct Changes(BTreeMap<Language, [i64; 3]>);

impl Changes {
    fn members(mut self, settings: &LanguageSettings, number: i64) -> Self {
        self.0.entry(settings.system_language).or_default()[0] += number;
        if let Some(language) = settings.translated_into() {
            self.0.entry(language).or_default()[1] += number;
        }
        self
    }

    fn guests(mut self, language: Language, number: i64) -> Self {
        self.0.entry(language).or_default()[1] += number;
        self
    }

    fn messages(mut self, language: Language, number: i64) -> Self {
        self.0.entry(language).or_default()[2] += number;
        self
    }

    /// Always in order of the languages, so that concurrent transactions do not deadlock.
    fn apply(&self, tx: &mut Tx<'_>, conversation: ConversationId) -> Result<(), StoreError> {
        for (language, changes) in self.0.iter().filter(|(_, changes)| **changes != [0; 3]) {
            let [members, readers, messages] = *changes;
            tx.execute_later(
                "INSERT INTO conversation_languages AS c (conversation_id, language, members, readers, messages) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation_id, language) DO UPDATE SET \
                 members = c.members + excluded.members, readers = c.readers + excluded.readers, \
                 messages = c.messages + excluded.messages",
                &[conversation.into(), (*language).into(), members.into(), readers.into(), messages.into()],
            )?;
        }
        Ok(())
    }
}

/// Counts a new message.
pub(crate) fn add_message(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    language: Language,
) -> Result<(), StoreError> {
    Changes::default().messages(language, 1).apply(tx, conversation)
}

/// Stops counting a message that is deleted.
pub(crate) fn remove_message(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    language: Language,
) -> Result<(), StoreError> {
    Changes::default().messages(language, -1).apply(tx, conversation)
}

/// Updates the counts for a message whose language has changed.
pub(crate) fn move_message(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    before: Language,
    after: Language,
) -> Result<(), StoreError> {
    Changes::default().messages(before, -1).messages(after, 1).apply(tx, conversation)
}

/// Counts a new member.
pub(crate) fn add_member(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    settings: &LanguageSettings,
) -> Result<(), StoreError> {
    Changes::default().members(settings, 1).apply(tx, conversation)
}

/// Stops counting a member.
pub(crate) fn remove_member(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    settings: &LanguageSettings,
) -> Result<(), StoreError> {
    Changes::default().members(settings, -1).apply(tx, conversation)
}

/// Counts a new guest as a reader.
pub(crate) fn add_guest(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    language: Language,
) -> Result<(), StoreError> {
    Changes::default().guests(language, 1).apply(tx, conversation)
}

/// Stops counting a guest.
pub(crate) fn remove_guest(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    language: Language,
) -> Result<(), StoreError> {
    Changes::default().guests(language, -1).apply(tx, conversation)
}

/// Updates the counts in all conversations for a user whose settings or account have changed; `None` if the
/// account was or is inactive.
pub(crate) fn change_member(
    tx: &mut Tx<'_>,
    user: UserId,
    before: Option<&LanguageSettings>,
    after: Option<&LanguageSettings>,
) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    for (settings, number) in [(before, -1), (after, 1)] {
        changes = settings.into_iter().fold(changes, |changes, settings| changes.members(settings, number));
    }
    if changes.0.values().all(|changes| *changes == [0; 3]) {
        return Ok(());
    }
    // Always in the same order, to prevent deadlocks.
    let conversations: Vec<ConversationId> = tx.fetch_all(
        "SELECT conversation_id FROM members WHERE user_id = $1 AND is_active ORDER BY conversation_id",
        &[user.into()],
    )?;
    conversations.into_iter().try_for_each(|conversation| changes.apply(tx, conversation))
}

/// Recomputes all counts, and the numbers of members and system messages of conversations, after rows were changed
/// without updating them.
pub(crate) fn recount(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM conversation_languages", &[])?;
    tx.execute(
        "INSERT INTO conversation_languages (conversation_id, language, members, readers, messages) \
         SELECT conversation_id, language, sum(members), sum(readers), sum(messages) FROM ( \
           SELECT m.conversation_id, u.system_language AS language, 1 AS members, 0 AS readers, 0 AS messages \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.is_active AND u.is_active AND u.deleted_at IS NULL \
           UNION ALL \
           SELECT m.conversation_id, \
             CASE WHEN u.use_custom_destination AND u.custom_destination_language IS NOT NULL THEN u.custom_destination_language \
               WHEN u.translate_to_system_language THEN u.system_language \
               WHEN u.translate_to_regional_language AND u.regional_language IS NOT NULL THEN u.regional_language \
               ELSE u.system_language END, 0, 1, 0 \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.is_active AND u.is_active AND u.deleted_at IS NULL AND u.auto_translate_enabled \
           UNION ALL \
           SELECT conversation_id, language, 0, 1, 0 FROM guests WHERE is_active \
           UNION ALL \
           SELECT conversation_id, original_language, 0, 0, 1 FROM messages WHERE deleted_at IS NULL AND message_source <> 'system' \
         ) counted GROUP BY conversation_id, language",
        &[],
    )?;
    tx.execute(
        "UPDATE conversations SET member_count = counted.total FROM \
           (SELECT c.id, count(m.id) AS total FROM conversations c \
              LEFT JOIN members m ON m.conversation_id = c.id AND m.is_active GROUP BY c.id) counted \
         WHERE counted.id = conversations.id AND conversations.member_count <> counted.total",
        &[],
    )?;
    tx.execute(
        "UPDATE conversations SET system_message_count = counted.total FROM \
           (SELECT c.id, count(m.id) AS total FROM conversations c LEFT JOIN messages m \
              ON m.conversation_id = c.id AND m.message_source = 'system' AND m.deleted_at IS NULL GROUP BY c.id) counted \
         WHERE counted.id = conversations.id AND conversations.system_message_count <> counted.total",
        &[],
    )?;
    Ok(())
}
