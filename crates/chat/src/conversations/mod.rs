//! Conversations and their members: create, change, list and read them.

mod audience;
mod categories;
mod change;
mod community;
mod community_preferences;
mod create;
mod dashboard;
mod global_room;
mod list;
mod membership;
mod open_to_all;
mod own_deletions;
mod participants;
mod preferences;
pub(crate) mod read_positions;
mod search;
mod system_messages;
mod view;

pub use audience::Audience;
pub use categories::{Categories, CategoryPatch, NewCategory};
pub use change::ConversationPatch;
pub(crate) use change::picture;
pub use community_preferences::{CommunityPreferences, CommunityPreferencesPatch};
pub use create::NewConversation;
pub(crate) use create::{given_identifier, slug};
pub use dashboard::{Dashboard, RecentCommunity};
pub use list::ListFilter;
pub use open_to_all::OpenConversation;
pub use participants::{ParticipantPage, ParticipantRequest, ParticipantView};
pub use preferences::ConversationPreferencesPatch;
pub use view::{ConversationView, Figures, MemberView};

use crate::context::Context;
use crate::views::Views;
use std::sync::Arc;

/// Conversations and their members. Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    context: Arc<Context>,
    views: Views,
}

impl Conversations {
    pub(crate) fn new(context: Arc<Context>, views: Views) -> Self {
        Self { context, views }
    }
}
