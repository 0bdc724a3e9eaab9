//! The signed-in devices of a user: list them, and sign them out.

use super::caller::Caller;
use super::sessions::Sessions;
use super::validity::held_session;
use crate::ChatError;
use meeshy_domain::SessionId;
use meeshy_store::Tx;
use meeshy_store::sessions::{self, Session};

/// The most sessions listed. A sign-in keeps fewer; tokens of the old system can add some.
const MAX_LISTED: i64 = 100;

impl Sessions {
    /// The caller's active sessions, the newest first.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Session>, ChatError> {
        let (user, now) = (caller.user.id, self.context.now());
        let read = move |tx: &mut Tx<'_>| sessions::of_user(tx, user, now, MAX_LISTED);
        Ok(self.context.store.read(read).await?)
    }

    /// Ends one of the caller's sessions; its sockets are closed.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when the caller has no such active session.
    pub async fn end_one(&self, caller: &Caller, id: &str) -> Result<(), ChatError> {
        let missing = || ChatError::NotFound { what: "session" };
        let id: SessionId = id.parse().map_err(|_| missing())?;
        let (service, user, now) = (self.clone(), caller.user.id, self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            let is_own = tx.fetch(sessions::find(id))?.is_some_and(|session| session.user_id == user);
            if !is_own || !sessions::revoke(tx, id, now)? {
                return Err(missing());
            }
            service.announce_end(tx, id, user);
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Ends the caller's other sessions, except for that of `session_token`; their sockets are closed. Returns
    /// how many there were.
    pub async fn end_others(&self, caller: &Caller, session_token: Option<&str>) -> Result<usize, ChatError> {
        let (service, user, now) = (self.clone(), caller.user.id, self.context.now());
        let (current, session_token) = (caller.session_id, session_token.map(str::to_owned));
        let write = move |tx: &mut Tx<'_>| {
            let named = held_session(tx, session_token.as_deref(), now)?.map(|session| session.id);
            let kept: Vec<SessionId> = current.into_iter().chain(named).collect();
            let ended = sessions::revoke_others(tx, user, &kept, now)?;
            for session in &ended {
                service.announce_end(tx, *session, user);
            }
            Ok(ended.len())
        };
        self.context.store.write(write).await
    }

    /// The active session of a device secret.
    pub async fn held(&self, session_token: &str) -> Result<Option<Session>, ChatError> {
        let (token, now) = (session_token.to_owned(), self.context.now());
        self.context.store.read(move |tx| held_session(tx, Some(&token), now)).await
    }
}
