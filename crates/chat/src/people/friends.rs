//! Friend requests, and how they are shown.

use crate::ChatError;
use crate::context::Context;
use crate::conversations::Conversations;
use crate::presence::{Presence, Seen};
use meeshy_domain::UserId;
use meeshy_store::Tx;
use meeshy_store::friend_requests::FriendRequest;
use meeshy_store::users::{self, User};
use std::collections::HashMap;
use std::sync::Arc;

/// Friend requests. Cheap to clone.
#[derive(Clone)]
pub struct Friends {
    pub(super) context: Arc<Context>,
    pub(super) presence: Arc<Presence>,
    pub(super) conversations: Conversations,
}

/// A friend request and the two users, each with the presence that others see.
#[derive(Debug, Clone)]
pub struct FriendRequestView {
    /// The request.
    pub request: FriendRequest,
    /// Who asked.
    pub sender: Option<(User, Seen)>,
    /// Who was asked.
    pub receiver: Option<(User, Seen)>,
}

impl Friends {
    pub(crate) fn new(context: Arc<Context>, presence: Arc<Presence>, conversations: Conversations) -> Self {
        Self { context, presence, conversations }
    }

    pub(super) fn one_view(
        &self,
        tx: &mut Tx<'_>,
        request: FriendRequest,
    ) -> Result<FriendRequestView, ChatError> {
        self.views(tx, vec![request])?.pop().ok_or(ChatError::NotFound { what: "friend request" })
    }

    pub(super) fn views(
        &self,
        tx: &mut Tx<'_>,
        requests: Vec<FriendRequest>,
    ) -> Result<Vec<FriendRequestView>, ChatError> {
        let mut ids: Vec<UserId> =
            requests.iter().flat_map(|request| [request.sender_id, request.receiver_id]).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = tx.fetch(users::find_all(&ids))?;
        let known: HashMap<UserId, User> = found.into_iter().map(|user| (user.id, user)).collect();
        let seen = |user: &User| self.presence.seen(user.id, user.hides, user.last_active_at);
        let shown = |id: UserId| known.get(&id).map(|user| (user.clone(), seen(user)));
        let view = |request: FriendRequest| FriendRequestView {
            sender: shown(request.sender_id),
            receiver: shown(request.receiver_id),
            request,
        };
        Ok(requests.into_iter().map(view).collect())
    }
}
