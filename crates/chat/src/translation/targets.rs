//! The languages that a message is translated into.

use meeshy_domain::{Actor, Language, LanguageSettings, target_languages, text};
use meeshy_store::conversation_languages::Counts;
use meeshy_store::messages::Message;
use meeshy_store::{StoreError, Tx, guests, members};
use std::collections::BTreeSet;

/// The languages that a message is translated into: those that its `readers` read. What the system wrote, and what is hidden, is not translated.
/// `author` are the settings of its author, if still a member.
pub(crate) fn targets(
    message: &Message,
    readers: Vec<Counts>,
    author: Option<&LanguageSettings>,
) -> BTreeSet<Language> {
    if message.is_by_system() || message.concealed(None).is_some() || !text::is_visible(&message.content) {
        return BTreeSet::new();
    }
    let readers = readers.into_iter().map(|counts| (counts.language, counts.readers));
    target_languages(message.original_language, readers, author)
}

/// What the author of a message reads, if still a member or a guest.
pub(crate) fn author_languages(
    tx: &mut Tx<'_>,
    message: &Message,
) -> Result<Option<LanguageSettings>, StoreError> {
    Ok(match message.author() {
        Some(Actor::User(author)) => {
            members::find(tx, message.conversation_id, author)?.map(|member| member.languages)
        }
        Some(Actor::Guest(author)) => {
            let seat = tx.fetch(guests::seat(author))?;
            seat.map(|seat| LanguageSettings::reading(seat.guest().language))
        }
        None => None,
    })
}
