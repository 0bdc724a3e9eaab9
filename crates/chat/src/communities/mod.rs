//! Communities: groups of users, who find each other and have conversations in them.
//!
//! A private community is only seen by its members. A public one can be found and joined by everybody.

mod access;
mod change;
mod create;
mod joining;
mod list;
mod members;
mod policy;
mod view;

pub use change::CommunityPatch;
pub use create::NewCommunity;
pub use joining::Invitation;
pub use members::CommunityMemberPage;
pub use view::{CommunityMemberView, CommunityView};

use crate::context::Context;
use crate::conversations::Conversations;
use crate::presence::Presence;
use std::sync::Arc;

/// Communities and their members. Cheap to clone.
#[derive(Clone)]
pub struct Communities {
    context: Arc<Context>,
    conversations: Conversations,
    presence: Arc<Presence>,
}

impl Communities {
    pub(crate) fn new(context: Arc<Context>, conversations: Conversations, presence: Arc<Presence>) -> Self {
        Self { context, conversations, presence }
    }
}
