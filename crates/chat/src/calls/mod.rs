//! Calls: start, join, leave and end them, and pass signals between their participants.
//!
//! The server only introduces participants to each other; sound and pictures go directly between them, or through the
//! operator's TURN server. Every change of a call that is going on locks its row (`meeshy_store::live_calls`). A
//! durable job looks after each such call (`care`), so that it also ends when its gateway was killed.

mod announce;
mod care;
mod end;
mod find;
mod ice;
mod join;
mod leave;
mod signal;
mod start;

pub(crate) use care::CHECK_CALL;
pub(crate) use end::{close_conversation, leave_all, leave_conversation, separate};
pub use find::CallView;
pub use ice::{IceServer, IceSettings, TurnServer};
pub use join::{JoinedCall, Media};
pub use start::NewCall;

use crate::ChatError;
use crate::call_refusal::CallRefusal;
use crate::context::Context;
use crate::presence::Presence;
use meeshy_domain::{CallId, UserId};
use std::sync::Arc;
use std::time::Duration;

/// Calls. Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    context: Arc<Context>,
    presence: Arc<Presence>,
    settings: Arc<CallSettings>,
}

/// Settings for calls.
#[derive(Debug, Clone)]
pub struct CallSettings {
    /// How long a call rings.
    pub ring_time: Duration,
    /// The servers that help participants to connect to each other.
    pub ice: IceSettings,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self { ring_time: meeshy_domain::call::RING_TIME, ice: IceSettings::default() }
    }
}

/// What members may not do in general, they may not do in calls either: for that, clients of calls have a code of their own.
fn not_allowed(error: ChatError) -> ChatError {
    match error {
        ChatError::Forbidden(why) => CallRefusal::NotAllowed(why).into(),
        other => other,
    }
}

impl Calls {
    pub(crate) fn new(context: Arc<Context>, presence: Arc<Presence>, settings: CallSettings) -> Self {
        Self { context, presence, settings: Arc::new(settings) }
    }

    /// An id for a new call. Whoever starts it can listen to it before it exists.
    pub fn new_id(&self) -> CallId {
        self.context.new_id()
    }

    /// The servers that help this user to connect to the other participants, with credentials that are valid from now.
    pub fn ice_servers(&self, user: UserId) -> Vec<IceServer> {
        self.settings.ice.servers(user, self.context.now())
    }
}
