//! Sessions of devices, their tokens, and signing out.

use super::budget::Spent;
use super::caller::{Caller, Device, SignedIn};
use super::known_devices::remember_device;
use super::tokens::{Claims, Tokens};
use super::validity::{held_session, take_hash};
use crate::context::Context;
use crate::secrets::digest;
use crate::settings::Settings;
use crate::{ChatError, Event};
use meeshy_domain::{Secret, SessionId, UserId};
use meeshy_store::Tx;
use meeshy_store::sessions::{self, Session};
use meeshy_store::users::User;
use std::sync::Arc;
use std::time::Duration;

/// The sessions of devices. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    pub(super) context: Arc<Context>,
    pub(super) tokens: Arc<Tokens>,
    lifetimes: Lifetimes,
    /// The most sessions per user.
    per_user: i64,
}

#[derive(Clone, Copy)]
struct Lifetimes {
    token: Duration,
    session: Duration,
    trusted_session: Duration,
}

impl Sessions {
    /// # Errors
    /// When the signing key is invalid.
    pub(crate) fn new(context: Arc<Context>, settings: &Settings) -> Result<Self, ChatError> {
        Ok(Self {
            context,
            tokens: Arc::new(Tokens::new(&settings.signing_key)?),
            lifetimes: Lifetimes {
                token: settings.token_lifetime,
                session: settings.session_lifetime,
                trusted_session: settings.trusted_session_lifetime,
            },
            per_user: settings.sessions_per_user,
        })
    }

    pub(super) fn token_lifetime(&self) -> Duration {
        self.lifetimes.token
    }

    pub(super) fn new_session(&self, user_id: UserId, device: &Device, remember: bool) -> (Session, String) {
        let token = self.context.secrets.hex(32);
        let lifetime = if remember { self.lifetimes.trusted_session } else { self.lifetimes.session };
        let now = self.context.now();
        let shortened = |text: &Option<String>| {
            text.as_ref().map(|text| text.chars().filter(|c| *c != '\0').take(255).collect())
        };
        let session = Session {
            id: self.context.new_id(),
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

    pub(super) fn new_token_id(&self) -> String {
        self.context.secrets.hex(16)
    }

    /// The current token of a session.
    pub(super) fn token_for(&self, user: &User, session: &Session) -> Result<String, ChatError> {
        let now = self.context.now();
        self.tokens.sign(&Claims {
            user_id: user.id,
            username: user.username.clone(),
            role: user.role.name().to_owned(),
            sid: Some(session.id),
            jti: session.token_id.clone(),
            iat: now.millis() / 1000,
            exp: now.plus(self.lifetimes.token).millis() / 1000,
        })
    }

    pub(super) fn signed_in(
        &self,
        mut user: User,
        session: Session,
        session_token: String,
    ) -> Result<SignedIn, ChatError> {
        user.details.last_login_ip.clone_from(&session.ip_address);
        user.details.last_login_device.clone_from(&session.user_agent);
        user.details.last_login_location = None;
        let token = self.token_for(&user, &session)?;
        // That of the token, also on a trusted device: clients refresh by it.
        let expires_in_seconds = self.token_lifetime().as_secs();
        Ok(SignedIn { user, token, session_token, session, expires_in_seconds })
    }

    /// Signs in a user on a device without further checks. `user` is as read when the password was verified.
    pub(super) async fn open(
        &self,
        user: User,
        device: Device,
        remember: bool,
        newer_hash: Option<Secret>,
        spent: Vec<Spent>,
    ) -> Result<SignedIn, ChatError> {
        let (session, session_token) = self.new_session(user.id, &device, remember);
        let (service, read, kept, now) = (self.clone(), user.clone(), session.clone(), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            for spent in &spent {
                spent.clear(tx, now)?;
            }
            take_hash(tx, &read, newer_hash.as_ref(), now)?;
            remember_device(tx, kept.user_id, &kept.token_hash, &device, now)?;
            service.insert(tx, &kept)
        };
        self.context.store.write(write).await?;
        self.signed_in(user, session, session_token)
    }

    /// Adds a session; ends the oldest one if there are too many.
    pub(super) fn insert(&self, tx: &mut Tx<'_>, session: &Session) -> Result<(), ChatError> {
        sessions::insert(tx, session)?;
        let (ip_address, device) = (session.ip_address.as_deref(), session.user_agent.as_deref());
        sessions::note_sign_in(tx, session.user_id, ip_address, device)?;
        for ended in sessions::trim(tx, session.user_id, self.per_user)? {
            self.announce_end(tx, ended, session.user_id);
        }
        Ok(())
    }

    /// Ends a session; its sockets are closed once this is on disk.
    pub(super) fn end(&self, tx: &mut Tx<'_>, session: SessionId, user: UserId) -> Result<(), ChatError> {
        if sessions::revoke(tx, session, self.context.now())? {
            self.announce_end(tx, session, user);
        }
        Ok(())
    }

    pub(super) fn announce_end(&self, tx: &mut Tx<'_>, session_id: SessionId, user: UserId) {
        self.context.deliver(tx, None, Event::SessionEnded { session_id, user });
    }

    /// Ends the caller's session and that of `session_token`, if it is also the caller's; their sockets are
    /// closed.
    pub async fn sign_out(&self, caller: &Caller, session_token: Option<&str>) -> Result<(), ChatError> {
        let (service, user, current, now) =
            (self.clone(), caller.user.id, caller.session_id, self.context.now());
        let session_token = session_token.map(str::to_owned);
        let write = move |tx: &mut Tx<'_>| {
            let named = held_session(tx, session_token.as_deref(), now)?;
            let named = named.filter(|session| session.user_id == user).map(|session| session.id);
            for session in current.into_iter().chain(named) {
                service.end(tx, session, user)?;
            }
            Ok(())
        };
        self.context.store.write(write).await
    }
}
