//! Users block others.
//!
//! A block hides messages in one direction, and presence and typing in both: whoever is blocked would otherwise
//! see when the other one is there, and so would the blocker see somebody whom they do not want to meet.

use crate::context::Context;
use crate::event_bus::{FriendRequestChange, Separation};
use crate::{ChatError, Event, calls};
use meeshy_domain::{UserId, limits};
use meeshy_store::users::{self, User};
use meeshy_store::{Tx, attempts, blocks, friend_requests};
use std::sync::Arc;

/// Users who block others. Cheap to clone.
#[derive(Clone)]
pub struct Blocks {
    context: Arc<Context>,
}

impl Blocks {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The users whom the caller has blocked, the latest first.
    pub async fn list(&self, caller: UserId) -> Result<Vec<User>, ChatError> {
        let read = move |tx: &mut Tx<'_>| {
            let mut ids = blocks::of_user(tx, caller)?;
            ids.truncate(limits::BLOCKED_USERS);
            let mut found = tx.fetch(users::find_all(&ids))?;
            found.sort_by_key(|user| std::cmp::Reverse(ids.iter().position(|id| *id == user.id)));
            Ok(found)
        };
        self.context.store.read(read).await
    }

    /// Blocks a user: removes what the two have asked each other, and their friendship. Nothing happens if the
    /// user is blocked already.
    ///
    /// # Errors
    /// When there is no such user, or the caller has blocked too many.
    pub async fn block(&self, caller: UserId, other: &str) -> Result<(), ChatError> {
        let other: UserId = other.parse().map_err(|_| ChatError::NotFound { what: "user" })?;
        if other == caller {
            return Err(ChatError::invalid("userId", "you cannot block yourself"));
        }
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            // The list is written as it is read here.
            attempts::lock(tx, caller)?;
            let missing = || ChatError::NotFound { what: "user" };
            let (blocker, blocked) = tx.fetch((users::find(caller), users::find(other)))?;
            let (blocker, blocked) = (blocker.ok_or_else(missing)?, blocked.ok_or_else(missing)?);
            let mut list = blocks::of_user(tx, caller)?;
            if list.contains(&other) {
                return Ok(());
            }
            if list.len() >= limits::BLOCKED_USERS {
                let problem = format!("you can block at most {} people", limits::BLOCKED_USERS);
                return Err(ChatError::invalid("userId", problem));
            }
            list.push(other);
            blocks::set(tx, caller, &list)?;
            let users = [blocker, blocked].map(|user| (user.id, user.display_name));
            service.context.deliver(tx, None, Event::Separated(Separation { users }));
            for request in friend_requests::between(tx, caller, other)? {
                friend_requests::remove(tx, request.id)?;
                let change = FriendRequestChange {
                    request_id: request.id,
                    sender: request.sender_id,
                    receiver: request.receiver_id,
                    status: None,
                };
                service.context.deliver(tx, None, Event::FriendRequest(change));
            }
            calls::separate(tx, &service.context, caller, other)
        };
        self.context.store.write(write).await
    }

    /// Unblocks a user. Nothing happens if the user is not blocked.
    ///
    /// # Errors
    /// When the id is not one.
    pub async fn unblock(&self, caller: UserId, other: &str) -> Result<(), ChatError> {
        let other: UserId = other.parse().map_err(|_| ChatError::NotFound { what: "user" })?;
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let mut list = blocks::of_user(tx, caller)?;
            let before = list.len();
            list.retain(|id| *id != other);
            if list.len() < before {
                blocks::set(tx, caller, &list)?;
            }
            Ok(())
        };
        self.context.store.write(write).await
    }
}
