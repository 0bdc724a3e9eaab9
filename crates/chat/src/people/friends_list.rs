//! Lists of friend requests.

use super::friends::{FriendRequestView, Friends};
use crate::ChatError;
use meeshy_domain::{FriendRequestStatus, UserId};
use meeshy_store::Tx;
use meeshy_store::friend_requests::{self, Direction};

/// The most requests that a list goes back.
const MAX_OFFSET: i64 = 10_000;

/// Which requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFilter {
    /// Sent or received.
    pub direction: Direction,
    /// Only these.
    pub status: Option<FriendRequestStatus>,
}

/// A page of requests.
#[derive(Debug, Clone)]
pub struct FriendRequestPage {
    /// The requests, the newest first.
    pub requests: Vec<FriendRequestView>,
    /// The number of all, up to 10,000.
    pub total: i64,
}

impl Friends {
    /// The caller's requests, the newest first. Those with users who are not active, or whom a block separates
    /// from the caller, are left out.
    pub async fn list(
        &self,
        caller: UserId,
        filter: RequestFilter,
        limit: i64,
        offset: i64,
    ) -> Result<FriendRequestPage, ChatError> {
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let RequestFilter { direction, status } = filter;
            let (page, total) =
                tx.fetch(friend_requests::list(caller, direction, status, limit, offset.min(MAX_OFFSET)))?;
            Ok(FriendRequestPage { requests: service.views(tx, page)?, total })
        };
        self.context.store.read(read).await
    }
}
