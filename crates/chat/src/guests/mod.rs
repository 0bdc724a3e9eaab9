//! Guests: people who take part in one conversation by a link, without an account.
//!
//! A guest has a secret instead of a session. It works as long as they take part and their link works. They leave, or were
//! not active for a day. What they may do is decided by the link, now and when they joined. A guest's id is no user's id:
//! whatever a guest may do takes an [`Actor`](meeshy_domain::Actor), and everything else a user.

mod at_link;
mod care;
mod join;
mod sessions;

pub use at_link::LinkPage;
pub use join::{JoinedGuest, NewGuest};
pub use sessions::GuestCaller;

use crate::context::Context;
use std::sync::Arc;

/// Guests of conversations. Cheap to clone.
#[derive(Clone)]
pub struct Guests {
    context: Arc<Context>,
}

impl Guests {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
}
