//! Friend requests: send, answer and remove them.

use super::friends::{FriendRequestView, Friends};
use crate::conversations::ConversationView;
use crate::event_bus::FriendRequestChange;
use crate::{ChatError, Event, notifications, policy};
use meeshy_domain::{
    FriendRequestId, FriendRequestStatus, NotificationKind, Timestamp, UserId, limits, text,
};
use meeshy_store::friend_requests::{self, FriendRequest};
use meeshy_store::notification_queue::{self, Occasion};
use meeshy_store::{Tx, users, visibility};
use std::time::Duration;

/// How long a user who was declined cannot ask the same person again.
const DECLINED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A new friend request.
#[derive(Debug, Clone, Default)]
pub struct NewFriendRequest {
    /// The id of the user who is asked.
    pub receiver: String,
    /// What is written along with it.
    pub message: Option<String>,
}

/// What somebody does with a pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestAnswer {
    /// The receiver accepts it.
    Accept,
    /// The receiver declines it.
    Reject,
    /// The sender withdraws it.
    Cancel,
}

impl Friends {
    /// Asks a user to be friends.
    ///
    /// # Errors
    /// When there is no such user, a block separates the two, the receiver wants no requests, or one of them
    /// has asked already; also within thirty days of being declined.
    pub async fn send(&self, caller: UserId, new: NewFriendRequest) -> Result<FriendRequestView, ChatError> {
        let receiver: UserId = new.receiver.parse().map_err(|_| ChatError::NotFound { what: "user" })?;
        if receiver == caller {
            return Err(ChatError::invalid("receiverId", "this is you"));
        }
        let message = new.message.filter(|message| !message.trim().is_empty());
        let message = message
            .map(|message| {
                text::paragraph("message", &message, limits::FRIEND_REQUEST_CHARS).map(str::to_owned)
            })
            .transpose()?;
        let now = self.context.now();
        let request = FriendRequest {
            id: self.context.new_id(),
            sender_id: caller,
            receiver_id: receiver,
            message,
            status: FriendRequestStatus::Pending,
            responded_at: None,
            created_at: now,
            updated_at: now,
        };
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            may_ask(tx, caller, receiver, now)?;
            friend_requests::insert(tx, &request)?;
            notification_queue::add(tx, None, &Occasion::FriendRequest(request.id))?;
            service.announce(tx, &request, Some(FriendRequestStatus::Pending))?;
            service.one_view(tx, request.clone())
        };
        self.context.write_unless_there(write).await
    }

    /// Answers or withdraws a request. Who accepts one also gets their direct conversation, created if there is
    /// none.
    ///
    /// # Errors
    /// When there is no such request of the caller, or it is not the caller's to answer, or was answered.
    pub async fn answer(
        &self,
        caller: UserId,
        id: &str,
        answer: RequestAnswer,
    ) -> Result<(FriendRequestView, Option<ConversationView>), ChatError> {
        let id: FriendRequestId = id.parse().map_err(|_| missing())?;
        let (service, now) = (self.clone(), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            let mut request = service.own(tx, caller, id)?;
            let is_receiver = request.receiver_id == caller;
            if is_receiver == (answer == RequestAnswer::Cancel) {
                let who = if is_receiver {
                    "only its sender can withdraw it"
                } else {
                    "only its receiver can answer it"
                };
                return Err(ChatError::Forbidden(who.into()));
            }
            if request.status != FriendRequestStatus::Pending {
                return Err(ChatError::invalid("status", "this request was already answered"));
            }
            let status = match answer {
                RequestAnswer::Accept => FriendRequestStatus::Accepted,
                RequestAnswer::Reject => FriendRequestStatus::Rejected,
                RequestAnswer::Cancel => {
                    friend_requests::remove(tx, id)?;
                    service.announce(tx, &request, None)?;
                    return Ok((service.one_view(tx, request)?, None));
                }
            };
            let conversation = match answer {
                RequestAnswer::Accept => {
                    Some(service.conversations.direct(tx, caller, request.sender_id, now)?)
                }
                _ => None,
            };
            friend_requests::respond(tx, id, status, now)?;
            if status == FriendRequestStatus::Accepted {
                notification_queue::add(tx, None, &Occasion::FriendAccepted(id))?;
            }
            (request.status, request.responded_at, request.updated_at) = (status, Some(now), now);
            service.announce(tx, &request, Some(status))?;
            Ok((service.one_view(tx, request)?, conversation))
        };
        self.context.write_unless_there(write).await
    }

    /// Removes a request: a pending one, or a friendship. One that was declined can only be removed by who
    /// declined it.
    ///
    /// # Errors
    /// When there is no such request of the caller.
    pub async fn remove(&self, caller: UserId, id: &str) -> Result<(), ChatError> {
        let id: FriendRequestId = id.parse().map_err(|_| missing())?;
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let request = service.own(tx, caller, id)?;
            let is_declined =
                matches!(request.status, FriendRequestStatus::Rejected | FriendRequestStatus::Blocked);
            if is_declined && request.receiver_id != caller {
                return Err(ChatError::Forbidden("this request was declined".into()));
            }
            friend_requests::remove(tx, id)?;
            service.announce(tx, &request, None)?;
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// A request that the caller has sent or received.
    fn own(&self, tx: &mut Tx<'_>, caller: UserId, id: FriendRequestId) -> Result<FriendRequest, ChatError> {
        let found = friend_requests::find(tx, id)?;
        let own = found.filter(|request| [request.sender_id, request.receiver_id].contains(&caller));
        let request = own.ok_or_else(missing)?;
        // Those of people whom a block separates are not shown either.
        if tx.fetch(visibility::is_blocked(caller, request.other(caller)))? {
            return Err(missing());
        }
        Ok(request)
    }

    fn announce(
        &self,
        tx: &mut Tx<'_>,
        request: &FriendRequest,
        status: Option<FriendRequestStatus>,
    ) -> Result<(), ChatError> {
        if status != Some(FriendRequestStatus::Pending) {
            let kind = NotificationKind::FriendRequest;
            notifications::mark_answered(tx, &self.context, request.receiver_id, kind, request.sender_id)?;
        }
        let change = FriendRequestChange {
            request_id: request.id,
            sender: request.sender_id,
            receiver: request.receiver_id,
            status,
        };
        self.context.deliver(tx, None, Event::FriendRequest(change));
        Ok(())
    }
}

fn missing() -> ChatError {
    ChatError::NotFound { what: "friend request" }
}

/// Fails if `sender` cannot ask `receiver` now.
fn may_ask(tx: &mut Tx<'_>, sender: UserId, receiver: UserId, now: Timestamp) -> Result<(), ChatError> {
    let (found, is_blocked, is_open) = tx.fetch((
        users::find(receiver),
        visibility::is_blocked(sender, receiver),
        friend_requests::are_wanted(receiver),
    ))?;
    found.filter(|user| user.is_active).ok_or(ChatError::NotFound { what: "user" })?;
    policy::may_meet(1, is_blocked)?;
    if !is_open {
        return Err(ChatError::Forbidden("this person accepts no friend requests".into()));
    }
    let refused = |problem: &str| Err(ChatError::invalid("receiverId", problem));
    for request in friend_requests::between(tx, sender, receiver)? {
        let is_own = request.sender_id == sender;
        match request.status {
            FriendRequestStatus::Accepted => return refused("you are friends already"),
            FriendRequestStatus::Pending if is_own => return refused("you have asked this person already"),
            FriendRequestStatus::Pending => return refused("this person has asked you: answer the request"),
            FriendRequestStatus::Blocked => return refused("this person has declined"),
            FriendRequestStatus::Rejected => {
                let again = request.responded_at.unwrap_or(request.updated_at).plus(DECLINED_FOR);
                if is_own && again > now {
                    return refused("this person has declined; you can ask again after 30 days");
                }
            }
        }
    }
    let limit = limits::PENDING_FRIEND_REQUESTS;
    if friend_requests::count_pending(tx, sender, limit)? >= limit {
        return refused("too many of your requests wait for an answer; withdraw some first");
    }
    Ok(())
}
