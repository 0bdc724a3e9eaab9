//! Links by which people join conversations: create, list and follow them.
//!
//! What a link says of guests is kept for them; registered users join as if a member had added them.

mod create;
mod join;
mod list;
mod options;

pub use create::CreatedLink;
pub use list::{LinkList, LinkView};
pub use options::{GuestRules, NewShareLink};

use crate::context::Context;
use crate::conversations::Conversations;
use std::sync::Arc;

/// Links by which people join conversations. Cheap to clone.
#[derive(Clone)]
pub struct ShareLinks {
    context: Arc<Context>,
    conversations: Conversations,
    /// The URL at which users reach the web client.
    site: Arc<str>,
}

impl ShareLinks {
    pub(crate) fn new(context: Arc<Context>, conversations: Conversations, site: Arc<str>) -> Self {
        Self { context, conversations, site }
    }
}
