//! Whether somebody who was let in may go on.
//!
//! A connection lives longer than a request: meanwhile its session may be revoked or expire, and the account be
//! deactivated or locked, also by another process.

use crate::conversations::find_as_member;
use crate::sessions::{active_user, has_ended};
use crate::{Caller, Chat, ChatError};
use meeshy_domain::{ConversationId, SessionId, Timestamp, UserId};
use meeshy_store::{StoreError, Tx, members, sessions, users, visibility};
use std::collections::{HashMap, HashSet};

/// On whose behalf a connection acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Authority {
    /// Who.
    pub user: UserId,
    /// By which session; tokens of the old system do not say.
    pub session: Option<SessionId>,
    /// When the token or the session expires.
    pub expires_at: Timestamp,
}

impl Authority {
    /// What a caller may do is theirs to do later.
    pub fn of(caller: &Caller) -> Self {
        Self { user: caller.user.id, session: caller.session_id, expires_at: caller.expires_at }
    }
}

/// What has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Those who may not go on.
    pub authorities: HashSet<Authority>,
    /// Memberships of the others.
    pub memberships: Vec<(UserId, ConversationId)>,
    /// How many memberships each person has or had: fewer than before where one was deleted.
    pub counts: HashMap<UserId, i64>,
}

impl Chat {
    /// Refuses who may not go on.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when it has ended.
    pub async fn confirm(&self, authority: Authority) -> Result<(), ChatError> {
        let now = self.now();
        self.inner.store.read(move |tx| confirm(tx, authority, now)).await
    }

    /// The id of a conversation, if the authority holds and its holder is a member at this moment.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm) and [`membership`](Self::membership).
    pub async fn confirm_member(
        &self,
        authority: Authority,
        reference: &str,
    ) -> Result<ConversationId, ChatError> {
        let (reference, now) = (reference.to_owned(), self.now());
        let read = move |tx: &mut Tx<'_>| {
            confirm(tx, authority, now)?;
            Ok(find_as_member(tx, authority.user, &reference)?.id)
        };
        self.inner.store.read(read).await
    }

    /// The same, with those who have blocked its holder: they hear nothing of what this person does there.
    ///
    /// # Errors
    /// As [`confirm_member`](Self::confirm_member).
    pub async fn confirm_typist(
        &self,
        authority: Authority,
        reference: &str,
    ) -> Result<(ConversationId, Vec<UserId>), ChatError> {
        let (reference, now) = (reference.to_owned(), self.now());
        let read = move |tx: &mut Tx<'_>| {
            confirm(tx, authority, now)?;
            let conversation = find_as_member(tx, authority.user, &reference)?;
            Ok((conversation.id, visibility::blockers(tx, authority.user)?))
        };
        self.inner.store.read(read).await
    }

    /// What has ended of many. The caller keeps them to a batch of some thousand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ended(&self, held: Vec<Authority>) -> Result<Ended, ChatError> {
        let now = self.now();
        let read = move |tx: &mut Tx<'_>| {
            let people: HashSet<UserId> = held.iter().map(|authority| authority.user).collect();
            let people: Vec<UserId> = people.into_iter().collect();
            let ids: Vec<SessionId> = held.iter().filter_map(|authority| authority.session).collect();
            let alive = sessions::alive(tx, &ids, now)?;
            let may_act = users::in_good_standing(tx, &people, now)?;
            let goes_on = |authority: &Authority| {
                authority.expires_at > now
                    && authority.session.is_none_or(|session| alive.contains(&session))
                    && may_act.contains(&authority.user)
            };
            let authorities = held.into_iter().filter(|authority| !goes_on(authority)).collect();
            let counts = members::counts(tx, &people)?;
            Ok::<_, StoreError>(Ended { authorities, memberships: members::ended(tx, &people)?, counts })
        };
        Ok(self.inner.store.read(read).await?)
    }

    /// The memberships of some people. The caller keeps them to a batch of some thousand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn memberships(
        &self,
        people: Vec<UserId>,
    ) -> Result<HashSet<(UserId, ConversationId)>, ChatError> {
        Ok(self.inner.store.read(move |tx| members::active(tx, &people)).await?)
    }
}

fn confirm(tx: &mut Tx<'_>, authority: Authority, now: Timestamp) -> Result<(), ChatError> {
    let signed_out = || ChatError::Unauthenticated("this device was signed out; sign in again".into());
    if authority.expires_at <= now {
        return Err(ChatError::Unauthenticated("the token has expired; sign in again".into()));
    }
    if let Some(session) = authority.session {
        sessions::find(tx, session)?.filter(|session| !has_ended(session, now)).ok_or_else(signed_out)?;
    }
    active_user(tx, authority.user, now).map(|_| ())
}
