//! Authentication of calls: by a token, or by the secret of a device.

use super::caller::{Caller, Device};
use super::credential::{Credential, Standing, replaced};
use super::sessions::Sessions;
use super::tokens::Claims;
use super::validity::{Led, active, active_user, held_session, lead, lead_and};
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::Timestamp;
use meeshy_store::Tx;
use meeshy_store::sessions::{self, Session};
use meeshy_store::users;

impl Sessions {
    /// Authenticates a JWT. One without a session id, as in the old system, is bound to a new session.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when it is not ours, has expired or was replaced too long ago, its
    /// session has ended, or the account is not active.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, ChatError> {
        let now = self.context.now();
        let claims = self.tokens.verify(token, now)?;
        let (asked, shown) = (claims.clone(), token.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let user = users::find_in_good_standing(asked.user_id, now);
            let (led, user) = lead_and(tx, &asked, &shown, now, user)?;
            Ok::<_, ChatError>((led, active(user)?))
        };
        let (mut led, user) = self.context.store.read(read).await?;
        if matches!(led, Led::Nowhere) {
            let (service, asked, shown) = (self.clone(), claims.clone(), token.to_owned());
            let bind = move |tx: &mut Tx<'_>| service.bind(tx, &asked, &shown, None, now);
            led = self.context.store.write(bind).await?;
        }
        match led {
            Led::To(session, Standing::Current | Standing::Replaced) => Ok(Caller {
                user,
                session_id: Some(session.id),
                credential: Credential::of(&claims, token),
                expires_at: claims.expires_at().min(session.expires_at),
            }),
            Led::To(_, Standing::Reused) | Led::Nowhere => Err(replaced()),
        }
    }

    /// Binds a token without a session id to the session of its device, or to a new one.
    pub(super) fn bind(
        &self,
        tx: &mut Tx<'_>,
        claims: &Claims,
        token: &str,
        held: Option<Session>,
        now: Timestamp,
    ) -> Result<Led, ChatError> {
        let is_new = held.is_none();
        let session = held.unwrap_or_else(|| self.new_session(claims.user_id, &Device::default(), false).0);
        if !sessions::bind(tx, &digest(token), session.id, claims.expires_at())? {
            // Another call was faster.
            return lead(tx, claims, token, now);
        }
        if is_new {
            // It does not evict another session: the old system already counted it.
            sessions::insert(tx, &session)?;
        }
        Ok(Led::To(Box::new(session), Standing::Current))
    }

    /// Authenticates a device secret.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when no active session has it.
    pub async fn authenticate_device(&self, session_token: &str) -> Result<Caller, ChatError> {
        self.holder(session_token, |_| true).await
    }

    /// Authenticates an expired JWT by the secret of its user's device, if the user has chosen to stay signed in
    /// there: a client whose token has expired sends both.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when the token is not ours or has not expired, or when no active session of a
    /// trusted device of this user has the secret.
    pub async fn authenticate_expired(&self, token: &str, session_token: &str) -> Result<Caller, ChatError> {
        let claims = self.tokens.read(token)?;
        if claims.expires_at() > self.context.now() {
            return Err(ChatError::Unauthenticated("the token has not expired".into()));
        }
        self.holder(session_token, move |session| session.is_trusted && session.user_id == claims.user_id)
            .await
    }

    /// The user of an acceptable session with this secret.
    async fn holder(
        &self,
        session_token: &str,
        is_acceptable: impl Fn(&Session) -> bool + Send + 'static,
    ) -> Result<Caller, ChatError> {
        let (token, now) = (session_token.to_owned(), self.context.now());
        self.context
            .store
            .read(move |tx| {
                let Some(session) = held_session(tx, Some(&token), now)?.filter(is_acceptable) else {
                    return Err(ChatError::Unauthenticated("Invalid session token".into()));
                };
                let user = active_user(tx, session.user_id, now)?;
                let credential = Credential::SessionSecret;
                Ok(Caller { user, session_id: Some(session.id), credential, expires_at: session.expires_at })
            })
            .await
    }
}
