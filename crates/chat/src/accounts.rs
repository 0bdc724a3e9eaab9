//! Accounts: registration and the availability of names.

use crate::caller::{Device, SignedIn};
use crate::fair_queue::{Kind, Lane};
use crate::{Chat, ChatError, setup};
use meeshy_domain::{Language, LanguageSettings, Role, Secret, account, limits, text};
use meeshy_store::users::{self, User};
use meeshy_store::{Tx, names};

/// A registration form.
#[derive(Debug, Clone)]
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
    /// The setup code, which makes this account the first administrator; without one it is an ordinary
    /// account.
    pub setup_code: Option<Secret>,
}

/// Whether a username is available and an address is valid; `None` for what was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Availability {
    /// Whether the username is available.
    pub username: Option<bool>,
    /// Up to three available usernames, if it is not.
    pub suggestions: Vec<String>,
    /// Whether the address is valid. Whether it is taken is only told on registration with it.
    pub email: Option<bool>,
}

/// The language of a new user who named none.
const DEFAULT_LANGUAGE: &str = "fr";
const RESERVED: &str = "this name is reserved; choose another one";
const NUMBER: &str = "use a letter: a number could be somebody's telephone number";

impl Chat {
    /// Creates an account, adds it to the room for everybody and signs it in on this device.
    ///
    /// # Errors
    /// When a field is invalid, or the name or the address is taken; [`ChatError::SetupCodeInvalid`] when a
    /// setup code is given that does not make an administrator.
    pub async fn register(&self, new: Registration, device: Device) -> Result<SignedIn, ChatError> {
        let setup_code = new.setup_code.clone().filter(|code| !code.expose().trim().is_empty());
        if let Some(code) = &setup_code {
            self.check_setup_code(code.expose()).await?;
        }
        let mut user = self.new_user(&new)?;
        if setup_code.is_some() {
            user.role = Role::BigBoss;
        } else if account::is_reserved_name(&user.username) {
            return Err(ChatError::invalid("username", RESERVED));
        } else if account::is_number_like(&user.username) {
            return Err(ChatError::invalid("username", NUMBER));
        }
        let password = chosen_password(&new.password, &user)?;
        let asked = user.clone();
        // Before the password is hashed, which is expensive.
        self.inner.store.read(move |tx| refuse_taken(tx, &asked)).await?;
        let lane = Lane { kind: Kind::Newcomer, network: device.network() };
        user.password_hash = self.inner.passwords.hash(password, lane).await?;
        let (session, session_token) = self.new_session(user.id, &device, false);
        let (stored, kept, chat) = (user.clone(), session.clone(), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            if let Some(code) = &setup_code {
                setup::take_code(tx, code.expose())?;
            }
            refuse_taken(tx, &stored)?;
            users::insert(tx, &stored)?;
            chat.insert_session(tx, &kept)?;
            Self::remember_device(tx, kept.user_id, &kept.token_hash, &device, kept.created_at)?;
            chat.join_global_room(tx, &stored)
        };
        self.write_unless_there(write).await?;
        self.signed_in(user, session, session_token)
    }

    pub(crate) fn new_user(&self, new: &Registration) -> Result<User, ChatError> {
        let system =
            new.system_language.as_deref().filter(|code| !code.is_empty()).unwrap_or(DEFAULT_LANGUAGE);
        let mut languages = LanguageSettings::reading(language("systemLanguage", system)?);
        languages.regional_language =
            optional_language("regionalLanguage", new.regional_language.as_deref())?;
        let name = |field, typed: &str| {
            let line = text::line(field, typed, limits::NAME_CHARS)?;
            Ok::<_, ChatError>(text::capitalised(&line, languages.system_language))
        };
        let first_name = name("firstName", &new.first_name)?;
        let last_name = name("lastName", &new.last_name)?;
        let now = self.now();
        Ok(User {
            id: self.new_id(),
            username: text::username(&new.username)?.to_owned(),
            email: text::email(&new.email)?,
            password_hash: Secret::default(),
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

    /// Whether a username is available, and whether an address is valid. Whether an address has an account is
    /// not told to strangers.
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
                    // The first account of a server may have a reserved name, with the setup code.
                    let reserved = !can_be_chosen(name.trim()) && setup::has_accounts(tx)?;
                    let free = !reserved && !names::username_is_taken(tx, name.trim())?;
                    answer.username = Some(free && text::username(&name).is_ok());
                    if !free {
                        answer.suggestions = suggestions(tx, name.trim(), number)?;
                    }
                }
                answer.email = email.map(|address| text::email(&address).is_ok());
                Ok(answer)
            })
            .await
    }
}

/// Checks a password for `user` and returns it in the form in which it is hashed.
pub(crate) fn chosen_password(typed: &Secret, user: &User) -> Result<Secret, ChatError> {
    let password = text::password(typed.expose())?;
    account::guessable_password(&password, &user.username, &user.email)?;
    Ok(password.into())
}

/// Whether this name can be registered without a setup code.
fn can_be_chosen(username: &str) -> bool {
    !account::is_reserved_name(username) && !account::is_number_like(username)
}

/// Rejects an account whose name or address is taken. Telephone numbers are sign-in names too, so a username
/// must not be somebody's number.
pub(crate) fn refuse_taken(tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
    if names::username_is_taken(tx, &user.username)? || names::phone_is_taken(tx, &user.username)? {
        return Err(ChatError::Taken { field: "username" });
    }
    if names::email_is_taken(tx, &user.email)? {
        return Err(ChatError::Taken { field: "email" });
    }
    Ok(())
}

fn suggestions(tx: &mut Tx<'_>, name: &str, number: u64) -> Result<Vec<String>, ChatError> {
    let stem: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(12).collect();
    let mut free = Vec::new();
    for step in 0..20 {
        let candidate = format!("{stem}{}", number.wrapping_add(step * 37) % 1000);
        let is_allowed = text::username(&candidate).is_ok() && can_be_chosen(&candidate);
        if free.len() < 3 && is_allowed && !names::username_is_taken(tx, &candidate)? {
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

/// The source language named by a client; `None` if it is empty or `auto`, and has to be detected.
pub(crate) fn declared_language(field: &str, code: Option<&str>) -> Result<Option<Language>, ChatError> {
    optional_language(field, code.filter(|code| *code != "auto"))
}
