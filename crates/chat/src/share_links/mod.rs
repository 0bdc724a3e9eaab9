//! Links by which people join conversations: create, change, list and follow them.
//!
//! Registered users join as if a member had added them; what a link says of guests is for those without an account
//! ([`Guests`](crate::Guests)).

mod change;
mod create;
pub(crate) mod find;
mod join;
mod list;
mod options;

pub use change::ShareLinkPatch;
pub use create::CreatedLink;
pub use find::{LinkFigures, LinkInfo};
pub use list::{LinkList, LinkView, OwnLinkView};
pub use options::{GuestRules, NewShareLink};

use crate::context::Context;
use crate::conversations::Conversations;
use meeshy_domain::ShareLinkId;
use meeshy_jobs::Kind;
use std::sync::Arc;

/// Ends the part of the guests who came by a link that was removed.
pub(crate) const END_GUESTS: Kind<ShareLinkId> = Kind::new("end-guests");

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
