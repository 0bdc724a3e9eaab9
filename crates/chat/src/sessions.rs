//! Sessions of devices, their tokens, and signing out.

use crate::budget::Spent;
use crate::caller::{Caller, Device, SignedIn};
use crate::credential::{Credential, Standing, replaced};
use crate::tokens::{Claims, digest};
use crate::validity::{Led, active, active_user, held_session, lead, lead_and, take_hash};
use crate::{Chat, ChatError, Event};
use meeshy_domain::{Secret, SessionId, Timestamp, UserId};
use meeshy_store::Tx;
use meeshy_store::sessions::{self, Session};
use meeshy_store::users::{self, User};

impl Chat {
    pub(crate) fn new_session(&self, user_id: UserId, device: &Device, remember: bool) -> (Session, String) {
        let token = self.inner.secrets.hex(32);
        let settings = &self.inner.settings;
        let lifetime = if remember { settings.trusted_session_lifetime } else { settings.session_lifetime };
        let now = self.now();
        let shortened = |text: &Option<String>| {
            text.as_ref().map(|text| text.chars().filter(|c| *c != '\0').take(255).collect())
        };
        let session = Session {
            id: self.new_id(),
            user_id,
            token_hash: digest(&token).into(),
            user_agent: shortened(&device.user_agent),
            ip_address: shortened(&device.ip_address),
            is_trusted: remember,
            created_at: now,
            last_activity_at: now,
            expires_at: now.plus(lifetime),
            revoked_at: None,
            token_id: Some(self.new_token_id()),
        };
        (session, token)
    }

    pub(crate) fn new_token_id(&self) -> String {
        self.inner.secrets.hex(16)
    }

    /// The current token of a session.
    pub(crate) fn token_for(&self, user: &User, session: &Session) -> Result<String, ChatError> {
        let now = self.now();
        self.inner.tokens.sign(&Claims {
            user_id: user.id,
            username: user.username.clone(),
            role: user.role.name().to_owned(),
            sid: Some(session.id),
            jti: session.token_id.clone(),
            iat: now.millis() / 1000,
            exp: now.plus(self.inner.settings.token_lifetime).millis() / 1000,
        })
    }

    pub(crate) fn signed_in(
        &self,
        mut user: User,
        session: Session,
        session_token: String,
    ) -> Result<SignedIn, ChatError> {
        user.details.last_login_ip.clone_from(&session.ip_address);
        user.details.last_login_device.clone_from(&session.user_agent);
        user.details.last_login_location = None;
        let token = self.token_for(&user, &session)?;
        let settings = &self.inner.settings;
        let lifetime =
            if session.is_trusted { settings.trusted_session_lifetime } else { settings.token_lifetime };
        Ok(SignedIn { user, token, session_token, session, expires_in_seconds: lifetime.as_secs() })
    }

    /// Signs in a user on a device without further checks. `user` is as read when the password was verified.
    pub(crate) async fn open_session(
        &self,
        user: User,
        device: Device,
        remember: bool,
        newer_hash: Option<Secret>,
        spent: Vec<Spent>,
    ) -> Result<SignedIn, ChatError> {
        let (session, session_token) = self.new_session(user.id, &device, remember);
        let (chat, read, kept, now) = (self.clone(), user.clone(), session.clone(), self.now());
        let write = move |tx: &mut Tx<'_>| {
            for spent in &spent {
                spent.clear(tx, now)?;
            }
            take_hash(tx, &read, newer_hash.as_ref(), now)?;
            Self::remember_device(tx, kept.user_id, &kept.token_hash, &device, now)?;
            chat.insert_session(tx, &kept)
        };
        self.inner.store.write(write).await?;
        self.signed_in(user, session, session_token)
    }

    /// Adds a session; ends the oldest one if there are too many.
    pub(crate) fn insert_session(&self, tx: &mut Tx<'_>, session: &Session) -> Result<(), ChatError> {
        sessions::insert(tx, session)?;
        let (ip_address, device) = (session.ip_address.as_deref(), session.user_agent.as_deref());
        sessions::note_sign_in(tx, session.user_id, ip_address, device)?;
        for ended in sessions::trim(tx, session.user_id, self.inner.settings.sessions_per_user)? {
            self.announce_end(tx, ended, session.user_id);
        }
        Ok(())
    }

    /// Ends a session; its sockets are closed once this is on disk.
    pub(crate) fn end_session(
        &self,
        tx: &mut Tx<'_>,
        session: SessionId,
        user: UserId,
    ) -> Result<(), ChatError> {
        if sessions::revoke(tx, session, self.now())? {
            self.announce_end(tx, session, user);
        }
        Ok(())
    }

    pub(crate) fn announce_end(&self, tx: &mut Tx<'_>, session_id: SessionId, user: UserId) {
        self.deliver(tx, None, Event::SessionEnded { session_id, user });
    }

    /// Authenticates a JWT. One without a session id, as in the old system, is bound to a new session.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when it is not ours, has expired or was replaced too long ago, its
    /// session has ended, or the account is not active.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, ChatError> {
        let now = self.now();
        let claims = self.inner.tokens.verify(token, now)?;
        let (asked, shown) = (claims.clone(), token.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let user = users::find_in_good_standing(asked.user_id, now);
            let (led, user) = lead_and(tx, &asked, &shown, now, user)?;
            Ok::<_, ChatError>((led, active(user)?))
        };
        let (mut led, user) = self.inner.store.read(read).await?;
        if matches!(led, Led::Nowhere) {
            let (chat, asked, shown) = (self.clone(), claims.clone(), token.to_owned());
            let bind = move |tx: &mut Tx<'_>| chat.bind(tx, &asked, &shown, None, now);
            led = self.inner.store.write(bind).await?;
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
    pub(crate) fn bind(
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
    pub async fn authenticate_session(&self, session_token: &str) -> Result<Caller, ChatError> {
        let (token, now) = (session_token.to_owned(), self.now());
        self.inner
            .store
            .read(move |tx| {
                let Some(session) = held_session(tx, Some(&token), now)? else {
                    return Err(ChatError::Unauthenticated("Invalid session token".into()));
                };
                let user = active_user(tx, session.user_id, now)?;
                let credential = Credential::SessionSecret;
                Ok(Caller { user, session_id: Some(session.id), credential, expires_at: session.expires_at })
            })
            .await
    }

    /// Ends the caller's session and that of `session_token`, if it is also the caller's; their sockets are
    /// closed.
    pub async fn sign_out(&self, caller: &Caller, session_token: Option<&str>) -> Result<(), ChatError> {
        let (chat, user, current, now) = (self.clone(), caller.user.id, caller.session_id, self.now());
        let session_token = session_token.map(str::to_owned);
        let write = move |tx: &mut Tx<'_>| {
            let named = held_session(tx, session_token.as_deref(), now)?;
            let named = named.filter(|session| session.user_id == user).map(|session| session.id);
            for session in current.into_iter().chain(named) {
                chat.end_session(tx, session, user)?;
            }
            Ok(())
        };
        self.inner.store.write(write).await
    }
}
