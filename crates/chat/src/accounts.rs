//! People and their devices: register, sign in, refresh, sign out.

use crate::passwords::Verified;
use crate::second_factor::{SignIn, check};
use crate::tokens::{Claims, digest};
use crate::{Chat, ChatError, Event, setup};
use meeshy_domain::{Language, LanguageSettings, Role, SessionId, Timestamp, UserId, limits, text};
use meeshy_store::second_factor;
use meeshy_store::sessions::{self, Session};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};

/// A device that asks.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// What it says it is.
    pub user_agent: Option<String>,
    /// Where it asks from.
    pub ip_address: Option<String>,
}

/// What somebody fills in to join.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The unique name.
    pub username: String,
    /// In the clear, to be hashed.
    pub password: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The unique address.
    pub email: String,
    /// What this person reads; French when not given (wire-contract 1.9).
    pub system_language: Option<String>,
    /// A second language; none when not given.
    pub regional_language: Option<String>,
    /// The code that makes this account the first administrator; without one it is an ordinary account.
    pub setup_code: Option<String>,
}

/// Somebody who has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The JWT to call with.
    pub token: String,
    /// The secret of this device, given out only now.
    pub session_token: String,
    /// The session of this device.
    pub session: Session,
    /// For how long the client may regard itself as signed in.
    pub expires_in_seconds: u64,
}

/// Somebody who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// On which device; tokens of the old system do not say.
    pub session_id: Option<SessionId>,
    /// Until when at most: the token or the session expires.
    pub expires_at: Timestamp,
}

/// A token for the next while.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The JWT to call with.
    pub token: String,
    /// How long it holds.
    pub expires_in_seconds: u64,
}

/// Whether a name or an address is still to be had; `None` when it was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Availability {
    /// Whether the username is.
    pub username: Option<bool>,
    /// Up to three usernames that are, when it is not.
    pub suggestions: Vec<String>,
    /// Whether the address is.
    pub email: Option<bool>,
}

/// What a new person reads who did not say (wire-contract 1.9).
const DEFAULT_LANGUAGE: &str = "fr";
const WRONG_LOGIN: &str = "the username or the password is not right";

impl Chat {
    /// Makes an account, a member of the room for everybody, signed in on this device.
    ///
    /// # Errors
    /// When something is filled in wrongly, or the name or the address is taken;
    /// [`ChatError::SetupCodeInvalid`] when a setup code is given that makes no administrator.
    pub async fn register(&self, new: Registration, device: Device) -> Result<SignedIn, ChatError> {
        let setup_code = new.setup_code.clone().filter(|code| !code.trim().is_empty());
        if let Some(code) = &setup_code {
            self.check_setup_code(code).await?;
        }
        let password = text::password(&new.password)?;
        let mut user = self.new_user(&new)?;
        if setup_code.is_some() {
            user.role = Role::BigBoss;
        }
        let asked = user.clone();
        // Before the hash, which costs much.
        self.inner.store.read(move |tx| refuse_taken(tx, &asked)).await?;
        user.password_hash = self.inner.passwords.hash(password).await?;
        let (session, session_token) = self.new_session(user.id, device, false);
        let (stored, kept, chat) = (user.clone(), session.clone(), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            if let Some(code) = &setup_code {
                setup::take_code(tx, code)?;
            }
            refuse_taken(tx, &stored)?;
            users::insert(tx, &stored)?;
            sessions::insert(tx, &kept)?;
            chat.join_global_room(tx, &stored)
        };
        self.write_unless_there(write).await?;
        self.signed_in(user, session, session_token, false)
    }

    fn new_user(&self, new: &Registration) -> Result<User, ChatError> {
        let first_name = text::capitalised(&text::line("firstName", &new.first_name, limits::NAME_CHARS)?);
        let last_name = text::capitalised(&text::line("lastName", &new.last_name, limits::NAME_CHARS)?);
        let system =
            new.system_language.as_deref().filter(|code| !code.is_empty()).unwrap_or(DEFAULT_LANGUAGE);
        let mut languages = LanguageSettings::reading(language("systemLanguage", system)?);
        languages.regional_language =
            optional_language("regionalLanguage", new.regional_language.as_deref())?;
        let now = self.now();
        Ok(User {
            id: self.new_id(),
            username: text::username(&new.username)?.to_owned(),
            email: text::email(&new.email)?,
            password_hash: String::new(),
            display_name: format!("{first_name} {last_name}"),
            first_name,
            last_name,
            bio: String::new(),
            avatar: None,
            phone_number: None,
            role: Role::User,
            is_active: true,
            deactivated_at: None,
            languages,
            last_active_at: now,
            created_at: now,
            updated_at: now,
            details: Default::default(),
        })
    }

    fn new_session(&self, user_id: UserId, device: Device, remember: bool) -> (Session, String) {
        let token = self.inner.secrets.hex(32);
        let settings = &self.inner.settings;
        let lifetime = if remember { settings.trusted_session_lifetime } else { settings.session_lifetime };
        let now = self.now();
        let shortened =
            |text: Option<String>| text.map(|text| text.chars().filter(|c| *c != '\0').take(255).collect());
        let session = Session {
            id: self.new_id(),
            user_id,
            token_hash: digest(&token),
            user_agent: shortened(device.user_agent),
            ip_address: shortened(device.ip_address),
            is_trusted: remember,
            created_at: now,
            last_activity_at: now,
            expires_at: now.plus(lifetime),
            revoked_at: None,
        };
        (session, token)
    }

    fn signed_in(
        &self,
        user: User,
        session: Session,
        session_token: String,
        remember: bool,
    ) -> Result<SignedIn, ChatError> {
        let token = self.token_for(&user, Some(session.id))?;
        let settings = &self.inner.settings;
        let lifetime = if remember { settings.trusted_session_lifetime } else { settings.token_lifetime };
        Ok(SignedIn { user, token, session_token, session, expires_in_seconds: lifetime.as_secs() })
    }

    fn token_for(&self, user: &User, session: Option<SessionId>) -> Result<String, ChatError> {
        let now = self.now();
        self.inner.tokens.sign(&Claims {
            user_id: user.id,
            username: user.username.clone(),
            role: user.role.name().to_owned(),
            sid: session,
            iat: now.millis() / 1000,
            exp: now.plus(self.inner.settings.token_lifetime).millis() / 1000,
        })
    }

    /// Signs in by username, address or telephone number.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] with the same words whether the name or the password is wrong;
    /// [`ChatError::Forbidden`] when the account is locked.
    pub async fn sign_in(
        &self,
        login: String,
        password: String,
        remember: bool,
        device: Device,
    ) -> Result<SignIn, ChatError> {
        let wrong = || ChatError::Unauthenticated(WRONG_LOGIN.into());
        if login.contains('\0') || login.len() > 255 || password.len() > meeshy_domain::limits::PASSWORD_BYTES
        {
            return Err(wrong());
        }
        let find = move |tx: &mut Tx<'_>| {
            let found = users::find_by_login(tx, login.trim())?.filter(|user| user.is_active);
            let protection = found.as_ref().map(|user| second_factor::protection(tx, user.id)).transpose()?;
            Ok::<_, StoreError>((found, protection.unwrap_or_default()))
        };
        let (found, protection) = self.inner.store.read(find).await?;
        let stored = found.as_ref().map(|user| user.password_hash.clone());
        let (password, verified) = self.verify(password, stored).await?;
        let Some(user) = found.filter(|_| verified != Verified::No) else { return Err(wrong()) };
        let newer_hash = match verified {
            Verified::YesButOld => Some(self.inner.passwords.hash(password).await?),
            Verified::Yes | Verified::No => None,
        };
        // Only who knows the password is told that the account is locked, or wants a code.
        if !check(&protection, self.now())? {
            let signed_in = self.open_session(user, device, remember, newer_hash).await?;
            return Ok(SignIn::Done(Box::new(signed_in)));
        }
        let (token, challenge) = self.challenge(user.id, remember);
        let now = self.now();
        let write = move |tx: &mut Tx<'_>| {
            if let Some(hash) = newer_hash {
                users::set_password_hash(tx, challenge.user_id, &hash, now)?;
            }
            second_factor::insert_challenge(tx, &challenge, now)
        };
        self.inner.store.write::<_, StoreError>(write).await?;
        Ok(SignIn::NeedsCode { challenge: token, user: Box::new(user), remember })
    }

    /// Verifies a password in the form in which it is hashed; gives it in that form. Accounts from before may have it as it was typed.
    async fn verify(&self, typed: String, stored: Option<String>) -> Result<(String, Verified), ChatError> {
        let password = text::prepared_password(&typed);
        let mut verified = self.inner.passwords.verify(password.clone(), stored.clone()).await?;
        if verified == Verified::No
            && typed != password
            && self.inner.passwords.verify(typed, stored).await? != Verified::No
        {
            verified = Verified::YesButOld;
        }
        Ok((password, verified))
    }

    /// Signs somebody in on a device, without another question.
    pub(crate) async fn open_session(
        &self,
        user: User,
        device: Device,
        remember: bool,
        newer_hash: Option<String>,
    ) -> Result<SignedIn, ChatError> {
        let (session, session_token) = self.new_session(user.id, device, remember);
        let (kept, now, keep) = (session.clone(), self.now(), self.inner.settings.sessions_per_user);
        let bus = self.inner.bus.clone();
        let write = move |tx: &mut Tx<'_>| {
            if let Some(hash) = newer_hash {
                users::set_password_hash(tx, kept.user_id, &hash, now)?;
            }
            sessions::insert(tx, &kept)?;
            let ended = sessions::trim(tx, kept.user_id, keep)?;
            tx.after_commit(0, move || {
                for session_id in ended {
                    bus.publish(Event::SessionEnded { session_id, user: kept.user_id });
                }
            });
            Ok::<_, ChatError>(())
        };
        self.inner.store.write(write).await?;
        self.signed_in(user, session, session_token, remember)
    }

    /// Who calls with this JWT.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when it is not ours, has expired, or its session was ended.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, ChatError> {
        let claims = self.inner.tokens.verify(token, self.now())?;
        let now = self.now();
        self.inner
            .store
            .read(move |tx| {
                let mut expires_at = Timestamp::from_millis(claims.exp.saturating_mul(1000));
                if let Some(id) = claims.sid {
                    let session = sessions::find(tx, id)?.filter(|session| !has_ended(session, now));
                    let signed_out =
                        || ChatError::Unauthenticated("this device was signed out; sign in again".into());
                    expires_at = expires_at.min(session.ok_or_else(signed_out)?.expires_at);
                }
                let user = active_user(tx, claims.user_id, now)?;
                Ok(Caller { user, session_id: claims.sid, expires_at })
            })
            .await
    }

    /// Who calls with this device's secret.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when no session that goes on has it.
    pub async fn authenticate_session(&self, session_token: &str) -> Result<Caller, ChatError> {
        let (hash, now) = (digest(session_token), self.now());
        self.inner
            .store
            .read(move |tx| match sessions::find_by_token(tx, &hash)? {
                Some(session) if !has_ended(&session, now) => {
                    let user = active_user(tx, session.user_id, now)?;
                    Ok(Caller { user, session_id: Some(session.id), expires_at: session.expires_at })
                }
                _ => Err(ChatError::Unauthenticated("Invalid session token".into())),
            })
            .await
    }

    /// Exchanges a token for one that holds longer; with the secret of a trusted device, an expired one too.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when neither is good.
    pub async fn refresh(&self, token: &str, session_token: Option<&str>) -> Result<Refreshed, ChatError> {
        let caller = match (self.authenticate(token).await, session_token) {
            (Err(ChatError::Unauthenticated(_)), Some(secret)) => self.authenticate_trusted(secret).await?,
            (outcome, _) => outcome?,
        };
        Ok(Refreshed {
            token: self.token_for(&caller.user, caller.session_id)?,
            expires_in_seconds: self.inner.settings.token_lifetime.as_secs(),
        })
    }

    async fn authenticate_trusted(&self, session_token: &str) -> Result<Caller, ChatError> {
        let caller = self.authenticate_session(session_token).await?;
        let id = caller.session_id;
        let session =
            self.inner.store.read(move |tx| id.map(|id| sessions::find(tx, id)).transpose()).await?.flatten();
        match session {
            Some(session) if session.is_trusted => Ok(caller),
            _ => Err(ChatError::Unauthenticated("the token has expired; sign in again".into())),
        }
    }

    /// Ends the caller's session, and the one of `session_token` if it is the caller's too; their sockets close.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, caller: &Caller, session_token: Option<&str>) -> Result<(), ChatError> {
        let (user, current, now) = (caller.user.id, caller.session_id, self.now());
        let hash = session_token.map(digest);
        let bus = self.inner.bus.clone();
        let write = move |tx: &mut Tx<'_>| {
            let named = hash.map(|hash| sessions::find_by_token(tx, &hash)).transpose()?.flatten();
            let named = named.filter(|session| session.user_id == user).map(|session| session.id);
            for session_id in current.into_iter().chain(named) {
                if sessions::revoke(tx, session_id, now)? {
                    let bus = bus.clone();
                    tx.after_commit(0, move || bus.publish(Event::SessionEnded { session_id, user }));
                }
            }
            Ok(())
        };
        self.inner.store.write(write).await
    }

    /// Whether a username and an address are still to be had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn availability(
        &self,
        username: Option<String>,
        email: Option<String>,
    ) -> Result<Availability, ChatError> {
        let number = self.inner.secrets.number();
        self.inner
            .store
            .read(move |tx| {
                let mut answer = Availability::default();
                if let Some(name) = username.filter(|name| !name.contains('\0')) {
                    let free = !users::username_is_taken(tx, name.trim())?;
                    answer.username = Some(free && text::username(&name).is_ok());
                    if !free {
                        answer.suggestions = suggestions(tx, name.trim(), number)?;
                    }
                }
                if let Some(address) = email.filter(|address| !address.contains('\0')) {
                    let valid = text::email(&address).is_ok();
                    answer.email = Some(valid && !users::email_is_taken(tx, address.trim())?);
                }
                Ok(answer)
            })
            .await
    }
}

fn refuse_taken(tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
    if users::username_is_taken(tx, &user.username)? {
        return Err(ChatError::Taken { field: "username" });
    }
    if users::email_is_taken(tx, &user.email)? {
        return Err(ChatError::Taken { field: "email" });
    }
    Ok(())
}

pub(crate) fn has_ended(session: &Session, now: Timestamp) -> bool {
    session.revoked_at.is_some() || session.expires_at <= now
}

/// A person whose account is active and not locked.
pub(crate) fn active_user(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<User, ChatError> {
    let user = users::find_in_good_standing(tx, id, now)?;
    user.ok_or_else(|| ChatError::Unauthenticated("this account is not active, or is locked".into()))
}

fn suggestions(tx: &mut Tx<'_>, name: &str, number: u64) -> Result<Vec<String>, ChatError> {
    let stem: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(12).collect();
    let mut free = Vec::new();
    for step in 0..20 {
        let candidate = format!("{stem}{}", number.wrapping_add(step * 37) % 1000);
        if free.len() < 3 && text::username(&candidate).is_ok() && !users::username_is_taken(tx, &candidate)?
        {
            free.push(candidate);
        }
    }
    Ok(free)
}

pub(crate) fn language(field: &str, code: &str) -> Result<Language, ChatError> {
    Language::parse(code).map_err(|error| ChatError::invalid(field, error))
}

pub(crate) fn optional_language(field: &str, code: Option<&str>) -> Result<Option<Language>, ChatError> {
    code.filter(|code| !code.is_empty()).map(|code| language(field, code)).transpose()
}

/// What a client says a text is in; nothing, and it is to be found out, where that is empty or `auto`.
pub(crate) fn declared_language(field: &str, code: Option<&str>) -> Result<Option<Language>, ChatError> {
    optional_language(field, code.filter(|code| *code != "auto"))
}
