//! Members of conversations: add and remove them, change their roles, leave.

use super::Conversations;
use super::view::MemberView;
use crate::access::{find_with_member, member};
use crate::context::Context;
use crate::policy::{self, Action, Standing};
use crate::{ChatError, Event, MemberChange, calls};
use meeshy_domain::{ConversationId, ConversationKind, MemberRole, SystemEvent, UserId};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::events::{self, Change};
use meeshy_store::members::{self, Member, NewMember, Past};
use meeshy_store::notification_queue::{self, Occasion};
use meeshy_store::{Tx, read_cursors, share_links, users, visibility};

impl Conversations {
    /// Adds a user to a conversation. What was written before counts as read.
    ///
    /// # Errors
    /// When the caller may not, there is no such user, or the user is a member already, was banned (moderators lift a ban by
    /// adding), or is separated from the caller by a block.
    pub async fn add_member(
        &self,
        caller: UserId,
        reference: &str,
        user: &str,
    ) -> Result<MemberView, ChatError> {
        let (service, reference, user) = (self.clone(), reference.to_owned(), user_id(user)?);
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            let standing = Standing::from(&by);
            standing.check(Action::AddMember(conversation.kind))?;
            let asked = (
                users::find(user),
                members::past(conversation.id, user),
                visibility::is_blocked(caller, user),
            );
            let (found, past, is_blocked) = tx.fetch(asked)?;
            if !found.is_some_and(|found| found.is_active) {
                return Err(ChatError::NotFound { what: "user" });
            }
            policy::may_meet(1, is_blocked)?;
            match past {
                Some(Past::Active(_)) => {
                    return Err(ChatError::InvalidOperation("this person is a member already".into()));
                }
                Some(Past::Banned) => {
                    standing.check(Action::RemoveMember(conversation.kind, MemberRole::Member))?;
                }
                Some(Past::Ended) | None => {}
            }
            service.admit(tx, &conversation, user, caller)?;
            let added = members::find(tx, conversation.id, user)?;
            let added = added.ok_or(ChatError::NotFound { what: "user" })?;
            Ok(MemberView::new(added, service.views.presence(), caller, &[]))
        };
        self.context.write_unless_there(write).await
    }

    /// Begins the membership of a user who was added, or joins by themselves (`by` is then the same user), and tells the
    /// members. What was written before counts as read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`](meeshy_store::StoreError::Conflict) when the user is a member already.
    pub(crate) fn admit(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        user: UserId,
        by: UserId,
    ) -> Result<(), ChatError> {
        let now = self.context.now();
        let number = events::append(tx, conversation.id, &[Change::Joined(user)], now)?;
        let new = NewMember {
            id: self.context.new_id(),
            conversation_id: conversation.id,
            user_id: user,
            role: MemberRole::Member,
            joined_at: now,
        };
        members::join(tx, &new)?;
        if conversation.last_sequence > 0 {
            read_cursors::advance(tx, conversation.id, user, conversation.last_sequence, now)?;
        }
        announce(tx, &self.context, conversation, (user, MemberChange::Joined), by, number);
        let occasion = if user == by { Occasion::Joined(user) } else { Occasion::Added(by, user) };
        notification_queue::add(tx, Some(conversation.id), &occasion)?;
        if user == by {
            self.tell(tx, conversation, SystemEvent::Joined, user, (None, None))
        } else {
            self.tell(tx, conversation, SystemEvent::Added, by, (Some(user), None))
        }
    }

    /// Removes a member, or bans one, who then cannot be added by others.
    ///
    /// # Errors
    /// When the caller may not, or the user is not a member.
    pub async fn remove_member(
        &self,
        caller: UserId,
        reference: &str,
        user: &str,
        is_ban: bool,
    ) -> Result<(), ChatError> {
        let (service, reference, user) = (self.clone(), reference.to_owned(), user_id(user)?);
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            if user == caller {
                return Err(ChatError::InvalidOperation(
                    "to leave a conversation is another operation".into(),
                ));
            }
            // Others do not learn who is a member.
            let standing = Standing::from(&by);
            standing.check(Action::RemoveMember(conversation.kind, MemberRole::Member))?;
            let Some(Past::Active(role)) = tx.fetch(members::past(conversation.id, user))? else {
                return Err(ChatError::NotFound { what: "user" });
            };
            standing.check(Action::RemoveMember(conversation.kind, role))?;
            service.end(tx, &conversation, user, caller)?;
            service.tell(tx, &conversation, SystemEvent::Removed, caller, (Some(user), None))?;
            // Otherwise, they would come back by their own links, and others with them.
            share_links::turn_off(tx, conversation.id, user)?;
            let banned_at = is_ban.then(|| service.context.now());
            Ok(members::set_ban(tx, conversation.id, user, banned_at)?)
        };
        self.context.store.write(write).await
    }

    /// Changes the role of a member. Who makes another one the creator becomes an administrator.
    ///
    /// # Errors
    /// When the caller may not, or the user is not a member.
    pub async fn set_member_role(
        &self,
        caller: UserId,
        reference: &str,
        user: &str,
        role: MemberRole,
    ) -> Result<MemberView, ChatError> {
        let (service, reference, user) = (self.clone(), reference.to_owned(), user_id(user)?);
        let write = move |tx: &mut Tx<'_>| {
            let context = &service.context;
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            let standing = Standing::from(&by);
            standing.check(Action::SetRole(conversation.kind, MemberRole::Member, role))?;
            let target = members::find(tx, conversation.id, user)?;
            let target = target.ok_or(ChatError::NotFound { what: "user" })?;
            standing.check(Action::SetRole(conversation.kind, target.role, role))?;
            let handed_over = (role == MemberRole::Creator).then_some((caller, MemberRole::Admin));
            for (user, role) in handed_over.into_iter().chain([(user, role)]) {
                let number = events::append(tx, conversation.id, &[Change::Role(user)], context.now())?;
                // They may have left in the meantime.
                if !members::set_role(tx, conversation.id, user, role)? {
                    return Err(ChatError::NotFound { what: "user" });
                }
                announce(tx, context, &conversation, (user, MemberChange::Role(role)), caller, number);
            }
            if role == MemberRole::Creator {
                let event = SystemEvent::OwnershipTransferred;
                service.tell(tx, &conversation, event, caller, (Some(user), None))?;
            }
            let separated = tx.fetch(visibility::separated(caller))?;
            Ok(MemberView::new(Member { role, ..target }, service.views.presence(), caller, &separated))
        };
        self.context.store.write(write).await
    }

    /// Leaves a conversation. If its creator leaves, the administrator, moderator or member who joined first becomes its
    /// creator; after its last member, it is closed.
    ///
    /// # Errors
    /// When the caller is not a member, or nobody can leave this conversation.
    pub async fn leave(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, leaving) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            Standing::from(&leaving).check(Action::Leave(conversation.kind))?;
            service.end(tx, &conversation, caller, caller)?;
            service.tell(tx, &conversation, SystemEvent::Left, caller, (None, None))?;
            // The creator may have left at the same time.
            let is_empty = tx.fetch(members::first_ids(conversation.id, 1))?.is_empty();
            if is_empty || leaving.role == MemberRole::Creator {
                service.hand_over(tx, &conversation, caller)?;
            }
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Ends the membership of a user whose account was deleted, also where nobody can leave.
    pub(crate) fn depart(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(), ChatError> {
        let Some(found) = conversations::find(tx, conversation)? else { return Ok(()) };
        // The members that follow do not include the user, whose account is not active.
        self.end(tx, &found, user, user)?;
        match found.kind {
            ConversationKind::Global => Ok(()),
            _ => self.hand_over(tx, &found, user),
        }
    }

    /// Ends a membership.
    fn end(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        user: UserId,
        by: UserId,
    ) -> Result<(), ChatError> {
        let now = self.context.now();
        let number = events::append(tx, conversation.id, &[Change::Left(user)], now)?;
        if !members::leave(tx, conversation.id, user, now)? {
            return Err(ChatError::NotFound { what: "user" });
        }
        announce(tx, &self.context, conversation, (user, MemberChange::Left), by, number);
        calls::leave_conversation(tx, &self.context, conversation.id, user)
    }

    /// Finds a new creator, or closes a conversation without members.
    fn hand_over(&self, tx: &mut Tx<'_>, conversation: &Conversation, from: UserId) -> Result<(), ChatError> {
        let below = [MemberRole::Creator, MemberRole::Admin, MemberRole::Moderator, MemberRole::Member];
        let first: Vec<_> =
            below.iter().map(|role| members::first_with_role(conversation.id, *role)).collect();
        let found = tx.fetch(first)?;
        match found.into_iter().zip(below).find_map(|(user, role)| Some((user?, role))) {
            Some((_, MemberRole::Creator)) => Ok(()),
            Some((user, _)) => {
                let number = events::append(tx, conversation.id, &[Change::Role(user)], self.context.now())?;
                members::set_role(tx, conversation.id, user, MemberRole::Creator)?;
                let change = MemberChange::Role(MemberRole::Creator);
                announce(tx, &self.context, conversation, (user, change), from, number);
                let event = SystemEvent::OwnershipTransferred;
                self.tell(tx, conversation, event, from, (Some(user), None))
            }
            None => {
                conversations::close(tx, conversation.id, self.context.now())?;
                Ok(())
            }
        }
    }
}

fn user_id(text: &str) -> Result<UserId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound { what: "user" })
}

fn announce(
    tx: &mut Tx<'_>,
    context: &Context,
    conversation: &Conversation,
    (user, change): (UserId, MemberChange),
    by: UserId,
    number: i64,
) {
    let event = Event::Member { conversation_id: conversation.id, user, change, by: Some(by) };
    context.deliver(tx, Some(number), event);
}
