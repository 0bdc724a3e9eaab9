//! Whether an authenticated caller is still authorized.
//!
//! A connection lives longer than a request: meanwhile its token may be replaced, its session revoked or
//! expired, and the account deactivated or locked, also by another process.

use super::caller::Caller;
use super::credential::{Credential, Standing, overlap, replaced, standing};
use super::sessions::Sessions;
use super::validity::{active, has_ended};
use crate::ChatError;
use crate::access::{find_with_member, member};
use meeshy_domain::{ConversationId, SessionId, Timestamp, UserId};
use meeshy_store::sessions::{self};
use meeshy_store::{Queries, StoreError, Tx, members, users, visibility};
use std::collections::{HashMap, HashSet};

/// On whose behalf a connection acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: Option<SessionId>,
    /// The credential.
    pub credential: Credential,
    /// When the token or the session expires.
    pub expires_at: Timestamp,
}

impl Authority {
    /// Takes the authority of a caller, for later use.
    pub fn of(caller: &Caller) -> Self {
        Self {
            user: caller.user.id,
            session: caller.session_id,
            credential: caller.credential.clone(),
            expires_at: caller.expires_at,
        }
    }
}

/// What has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Authorities that have ended.
    pub authorities: HashSet<Authority>,
    /// Ended memberships of the others.
    pub memberships: Vec<(UserId, ConversationId)>,
    /// A number for each user that changes when a membership begins or is deleted.
    pub memberships_state: HashMap<UserId, i64>,
}

/// A user who types in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typist {
    /// The conversation.
    pub conversation: ConversationId,
    /// The users who are not notified: a block separates them from this one.
    pub hidden_from: Vec<UserId>,
    /// Whether this user hides it from everybody.
    pub is_hidden: bool,
}

impl Sessions {
    /// Fails if the authority has ended.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when it has ended.
    pub async fn confirm(&self, authority: Authority) -> Result<(), ChatError> {
        let now = self.context.now();
        self.context.store.read(move |tx| confirm_and(tx, &authority, now, ())).await
    }

    /// The id of a conversation, if the authority is valid and its user is a member now.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm) and [`membership`](crate::Conversations::membership).
    pub async fn confirm_member(
        &self,
        authority: Authority,
        reference: &str,
    ) -> Result<ConversationId, ChatError> {
        let (reference, now) = (reference.to_owned(), self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let found = confirm_and(tx, &authority, now, find_with_member(authority.user, &reference))?;
            Ok(member(found)?.0.id)
        };
        self.context.store.read(read).await
    }

    /// The same, with what decides who is notified that this user is typing.
    ///
    /// # Errors
    /// As [`confirm_member`](Self::confirm_member).
    pub async fn confirm_typist(&self, authority: Authority, reference: &str) -> Result<Typist, ChatError> {
        let (reference, now) = (reference.to_owned(), self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let also = (find_with_member(authority.user, &reference), visibility::separated(authority.user));
            let (found, hidden_from) = confirm_and(tx, &authority, now, also)?;
            let (conversation, member) = member(found)?;
            Ok(Typist { conversation: conversation.id, is_hidden: member.hides.typing, hidden_from })
        };
        self.context.store.read(read).await
    }

    /// Checks many authorities at once. The caller limits a batch to a few thousand.
    pub async fn ended(&self, held: Vec<Authority>) -> Result<Ended, ChatError> {
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            let people: HashSet<UserId> = held.iter().map(|authority| authority.user).collect();
            let people: Vec<UserId> = people.into_iter().collect();
            let may_act = users::in_good_standing(tx, &people, now)?;
            let holding = holding(tx, &held, now)?;
            let goes_on = |authority: &Authority| {
                authority.expires_at > now && may_act.contains(&authority.user) && holding.contains(authority)
            };
            let authorities = held.iter().filter(|authority| !goes_on(authority)).cloned().collect();
            let memberships_state = members::states(tx, &people)?;
            let memberships = members::ended(tx, &people)?;
            Ok::<_, StoreError>(Ended { authorities, memberships, memberships_state })
        };
        Ok(self.context.store.read(read).await?)
    }
}

/// Refuses who may not go on, and asks for something else at the same time.
pub(crate) fn confirm_and<Q: Queries>(
    tx: &mut Tx<'_>,
    authority: &Authority,
    now: Timestamp,
    also: Q,
) -> Result<Q::Answers, ChatError> {
    let signed_out = || ChatError::Unauthenticated("this device was signed out; sign in again".into());
    if authority.expires_at <= now {
        return Err(ChatError::Unauthenticated("the token has expired; sign in again".into()));
    }
    let user = users::find_in_good_standing(authority.user, now);
    let (session, user, also) = tx.fetch((authority.session.map(sessions::find), user, also))?;
    if let Some(session) = session {
        let session = session.filter(|session| !has_ended(session, now)).ok_or_else(signed_out)?;
        if standing(tx, &session, &authority.credential, now)? == Standing::Reused {
            return Err(replaced());
        }
    }
    active(user)?;
    Ok(also)
}

/// The authorities whose sessions are active and accept their credentials: [`standing`] for many at once.
fn holding<'a>(
    tx: &mut Tx<'_>,
    held: &'a [Authority],
    now: Timestamp,
) -> Result<HashSet<&'a Authority>, StoreError> {
    let ids: Vec<SessionId> = held.iter().filter_map(|authority| authority.session).collect();
    let current = sessions::alive(tx, &ids, now)?;
    let is_current = |session: &SessionId, id: &str| match current.get(session) {
        Some(Some(token_id)) => token_id == id,
        Some(None) => true,
        None => false,
    };
    let others = held.iter().filter_map(|authority| match (authority.session, &authority.credential) {
        (Some(session), Credential::Token(id)) if !is_current(&session, id) => Some(session),
        _ => None,
    });
    let others: Vec<SessionId> = others.filter(|session| current.contains_key(session)).collect();
    let replaced = sessions::replaced_tokens(tx, &others, overlap(now))?;
    let bound = held.iter().filter_map(|authority| match &authority.credential {
        Credential::BoundToken(hash) => Some(&**hash),
        _ => None,
    });
    let bound: Vec<&str> = bound.collect();
    let bound = sessions::good_bindings(tx, &bound, overlap(now))?;
    let holds = |authority: &Authority| {
        let Some(session) = authority.session else { return true };
        current.contains_key(&session)
            && match &authority.credential {
                Credential::SessionSecret => true,
                Credential::Token(id) => {
                    is_current(&session, id) || replaced.contains(&(session, id.to_string()))
                }
                Credential::BoundToken(hash) => bound.contains(&**hash),
            }
    };
    Ok(held.iter().filter(|authority| holds(authority)).collect())
}
