//! Mentions of members in messages.

use meeshy_domain::{ConversationId, UserId, limits, spans};
use meeshy_store::{Query, members};
use std::collections::BTreeSet;

/// The members mentioned in a text by `@username`, and these, in order; beyond [`limits::MENTIONS`] they are
/// plain text.
pub(super) fn mentioned(conversation: ConversationId, content: &str) -> Query<Vec<(UserId, String)>> {
    let names: BTreeSet<&str> = spans::mentions(content).into_iter().take(limits::MENTIONS).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    members::named(conversation, &names)
}
