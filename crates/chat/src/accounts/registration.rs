//! Registration of accounts.

use super::caller::{Device, SignedIn};
use super::fair_queue::{Kind, Lane};
use super::known_devices::remember_device;
use super::passwords::Passwords;
use super::sessions::Sessions;
use super::setup::{self, Setup};
use crate::ChatError;
use crate::context::Context;
use crate::conversations::Conversations;
use crate::languages::{language, optional_language};
use crate::mail::Order;
use crate::phones::{self, Phones};
use meeshy_domain::{LanguageSettings, Role, Secret, account, limits, text};
use meeshy_store::users::{self, User};
use meeshy_store::{Tx, names};
use std::sync::Arc;

/// A registration form.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    /// The unique name.
    pub username: String,
    /// In plain text, to be hashed.
    pub password: Secret,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The unique address.
    pub email: String,
    /// The preferred language; French if absent.
    pub system_language: Option<String>,
    /// A second language; none if absent.
    pub regional_language: Option<String>,
    /// A telephone number as typed; none if absent or empty.
    pub phone_number: Option<String>,
    /// The country (two letters) of a number without a calling code; France if absent.
    pub country: Option<String>,
    /// What shows that a number of another account was confirmed
    /// ([`verify_registration`](Phones::verify_registration)).
    pub phone_transfer_token: Option<Secret>,
    /// The setup code, which makes this account the first administrator; without one it is an ordinary
    /// account.
    pub setup_code: Option<Secret>,
}

/// The language of a new user who named none.
const DEFAULT_LANGUAGE: &str = "fr";
const RESERVED: &str = "this name is reserved; choose another one";
const NUMBER: &str = "use a letter: a number could be somebody's telephone number";

/// Registers accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(super) context: Arc<Context>,
    conversations: Conversations,
    sessions: Sessions,
    setup: Setup,
    passwords: Passwords,
    phones: Phones,
}

impl Accounts {
    pub(crate) fn new(
        context: Arc<Context>,
        conversations: Conversations,
        sessions: Sessions,
        setup: Setup,
        passwords: Passwords,
        phones: Phones,
    ) -> Self {
        Self { context, conversations, sessions, setup, passwords, phones }
    }

    /// Creates an account, adds it to the room for everybody, signs it in on this device, and sends a link
    /// that confirms the address and a code that confirms the telephone number.
    ///
    /// # Errors
    /// When a field is invalid, or the name or the address is taken; [`ChatError::PhoneOwned`] when an account has
    /// confirmed the number, and [`ChatError::TransferTokenInvalid`] when the token does not show that the caller
    /// has; [`ChatError::SetupCodeInvalid`] when a setup code is given that does not make an administrator.
    pub async fn register(&self, new: Registration, device: Device) -> Result<SignedIn, ChatError> {
        let setup_code = new.setup_code.clone().filter(|code| !code.expose().trim().is_empty());
        if let Some(code) = &setup_code {
            self.setup.check_code(code.expose()).await?;
        }
        let mut user = new_user(&self.context, &new)?;
        if setup_code.is_some() {
            user.role = Role::BigBoss;
        } else {
            choosable_username(&user.username)?;
        }
        let password = chosen_password(&new.password, &user)?;
        let transfer = new.phone_transfer_token.clone().filter(|token| !token.is_empty());
        let (asked, phones, is_transfer) = (user.clone(), self.phones.clone(), transfer.is_some());
        let check = move |tx: &mut Tx<'_>| {
            refuse_taken(tx, &asked)?;
            match asked.phone_number.as_deref().filter(|_| !is_transfer) {
                Some(number) => phones.refuse_owned(tx, number),
                None => Ok(()),
            }
        };
        // Before the password is hashed, which is expensive.
        self.context.store.read(check).await?;
        let lane = Lane { kind: Kind::Newcomer, network: device.network() };
        user.password_hash = self.passwords.hash(password, lane).await?;
        let (session, session_token) = self.sessions.new_session(user.id, &device, false);
        let (stored, kept, accounts) = (user.clone(), session.clone(), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            if let Some(code) = &setup_code {
                setup::take_code(tx, code.expose())?;
            }
            refuse_taken(tx, &stored)?;
            users::insert(tx, &stored)?;
            let moved = match &transfer {
                Some(token) => {
                    let typed = stored.phone_number.as_deref();
                    let number = accounts.phones.take_token(tx, token.expose(), typed)?;
                    phones::take(tx, stored.id, &number, stored.created_at)?;
                    Some(number)
                }
                None => {
                    accounts.phones.confirm_registered(tx, &stored, device.network())?;
                    None
                }
            };
            accounts.sessions.insert(tx, &kept)?;
            remember_device(tx, kept.user_id, &kept.token_hash, &device, kept.created_at)?;
            accounts.conversations.join_global_room(tx, &stored)?;
            Order::VerifyAddress { email: stored.email.clone() }.place(tx)?;
            Ok(moved)
        };
        if let Some(number) = self.context.write_unless_there(write).await? {
            user.phone_number = Some(number);
            user.details.phone_verified_at = Some(user.created_at);
        }
        self.sessions.signed_in(user, session, session_token)
    }
}

/// The account that a form describes, without a password.
pub(super) fn new_user(context: &Context, new: &Registration) -> Result<User, ChatError> {
    let system = new.system_language.as_deref().filter(|code| !code.is_empty()).unwrap_or(DEFAULT_LANGUAGE);
    let mut languages = LanguageSettings::reading(language("systemLanguage", system)?);
    languages.regional_language = optional_language("regionalLanguage", new.regional_language.as_deref())?;
    let name = |field, typed: &str| {
        let line = text::line(field, typed, limits::NAME_CHARS)?;
        Ok::<_, ChatError>(text::capitalised(&line, languages.system_language))
    };
    let first_name = name("firstName", &new.first_name)?;
    let last_name = name("lastName", &new.last_name)?;
    let now = context.now();
    let typed_number = new.phone_number.as_deref().map(str::trim).filter(|typed| !typed.is_empty());
    let phone_number = typed_number.map(|typed| phones::parsed(typed, new.country.as_deref())).transpose()?;
    Ok(User {
        id: context.new_id(),
        username: text::username(&new.username)?.to_owned(),
        email: text::email(&new.email)?,
        password_hash: Secret::default(),
        display_name: format!("{first_name} {last_name}"),
        first_name,
        last_name,
        bio: String::new(),
        avatar: None,
        phone_number,
        role: Role::User,
        is_active: true,
        deactivated_at: None,
        languages,
        last_active_at: now,
        created_at: now,
        updated_at: now,
        hides: Default::default(),
        details: Default::default(),
    })
}

/// Checks a username that a user chooses, and returns it trimmed.
pub(super) fn choosable_username(typed: &str) -> Result<&str, ChatError> {
    let name = text::username(typed)?;
    if account::is_reserved_name(name) {
        return Err(ChatError::invalid("username", RESERVED));
    }
    if account::is_number_like(name) {
        return Err(ChatError::invalid("username", NUMBER));
    }
    Ok(name)
}

/// Checks a password for `user` and returns it in the form in which it is hashed.
pub(super) fn chosen_password(typed: &Secret, user: &User) -> Result<Secret, ChatError> {
    let password = text::password(typed.expose())?;
    account::guessable_password(&password, &user.username, &user.email)?;
    Ok(password.into())
}

/// Rejects an account whose name or address is taken. Telephone numbers are sign-in names too, so a username
/// must not be somebody's number.
pub(super) fn refuse_taken(tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
    if names::username_is_taken(tx, &user.username)? || names::phone_is_taken(tx, &user.username)? {
        return Err(ChatError::Taken { field: "username" });
    }
    if names::email_is_taken(tx, &user.email)? {
        return Err(ChatError::Taken { field: "email" });
    }
    Ok(())
}
