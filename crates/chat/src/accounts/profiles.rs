//! Profiles: search for users, and change one's own profile and languages.

use crate::ChatError;
use crate::context::Context;
use crate::languages::{language, optional_language};
use crate::phones::{self, Phones};
use crate::presence::Presence;
use meeshy_domain::{LanguageSettings, Network, Timestamp, UserId, emoji, limits, text};
use meeshy_store::users::{self, ProfileChange, User};
use meeshy_store::{Tx, attempts, mailed_links, phone_codes, phones as stored};
use std::sync::Arc;

/// Changes to a profile; `None` leaves a field unchanged.
#[derive(Debug, Clone, Default)]
pub struct ProfilePatch {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The displayed name; if empty, the username is shown.
    pub display_name: Option<String>,
    /// The current username: it is changed in another way.
    pub username: Option<String>,
    /// The current address: clients of the old system send the whole profile.
    pub email: Option<String>,
    /// A telephone number, which is confirmed with a code; `Some(None)` or an empty text removes it.
    pub phone_number: Option<Option<String>>,
    /// A short biography.
    pub bio: Option<String>,
    /// A name of the time zone database.
    pub timezone: Option<String>,
    /// See [`LanguageSettings`].
    pub system_language: Option<String>,
    /// `Some(None)` or an empty text clears it.
    pub regional_language: Option<Option<String>>,
    /// `Some(None)` or an empty text clears it.
    pub custom_destination_language: Option<Option<String>>,
    /// See [`LanguageSettings`].
    pub auto_translate_enabled: Option<bool>,
    /// Setting it clears the other two.
    pub translate_to_system_language: Option<bool>,
    /// Setting it clears the other two.
    pub translate_to_regional_language: Option<bool>,
    /// Setting it clears the other two.
    pub use_custom_destination: Option<bool>,
}

/// The profiles of users. Cheap to clone.
#[derive(Clone)]
pub struct Profiles {
    pub(super) context: Arc<Context>,
    pub(super) presence: Arc<Presence>,
    phones: Phones,
}

impl Profiles {
    pub(crate) fn new(context: Arc<Context>, presence: Arc<Presence>, phones: Phones) -> Self {
        Self { context, presence, phones }
    }

    /// Searches users by name: each word of `text` must be the prefix of a word in their names
    /// ([`users::search`]). Also returns their number. One character is not enough, except in scripts where
    /// it can be a whole name ([`text::is_enough_to_search`]).
    pub async fn search(
        &self,
        caller: UserId,
        text: &str,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<User>, i64), ChatError> {
        let text = text::nfc(text.trim());
        if !text::is_enough_to_search(&text) {
            return Ok((Vec::new(), 0));
        }
        Ok(self.context.store.read(move |tx| users::search(tx, caller, &text, limit, offset)).await?)
    }

    /// Changes the caller's profile. A new telephone number is sent a code; until it is entered, a number that is
    /// confirmed stays. It is counted as asked for `from` there.
    ///
    /// # Errors
    /// When a field is invalid, or the username or the address is another one: a new one has to be confirmed;
    /// [`ChatError::PhoneCode`] when it is not a number, or was sent too many codes.
    pub async fn update(
        &self,
        caller: UserId,
        patch: ProfilePatch,
        from: Network,
    ) -> Result<User, ChatError> {
        let name = |field, value: &Option<String>, max| {
            let line = value.as_deref().map(|value| text::line(field, value, max));
            Ok::<_, ChatError>(line.transpose()?)
        };
        let own_name = |field, value: &Option<String>| match value {
            Some(typed) if emoji::has_picture(typed) => {
                Err(ChatError::invalid(field, "must not contain emoji"))
            }
            _ => name(field, value, limits::NAME_CHARS),
        };
        let mut change = ProfileChange {
            first_name: own_name("firstName", &patch.first_name)?,
            last_name: own_name("lastName", &patch.last_name)?,
            display_name: match &patch.display_name {
                Some(name) if name.trim().is_empty() => Some(String::new()),
                shown => name("displayName", shown, limits::DISPLAY_NAME_CHARS)?,
            },
            bio: patch
                .bio
                .as_deref()
                .map(|bio| text::paragraph("bio", bio, limits::BIO_CHARS).map(str::to_owned))
                .transpose()?,
            timezone: patch.timezone.as_deref().map(time_zone).transpose()?,
            languages: None,
        };
        let (now, phones) = (self.context.now(), self.phones.clone());
        self.context
            .store
            .write(move |tx| {
                // Settings that do not change are written as they are read here.
                attempts::lock(tx, caller)?;
                let mut user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
                let languages = patched_languages(user.languages, &patch)?;
                keeps_username(&user, &patch)?;
                keeps_email(&user, &patch)?;
                change_phone(&phones, tx, &user, &patch, from, now)?;
                for name in [&mut change.first_name, &mut change.last_name].into_iter().flatten() {
                    *name = text::capitalised(name, languages.system_language);
                }
                change.languages = Some(languages);
                users::update_profile(tx, caller, &change, now)?;
                user = tx.fetch(users::find(caller))?.unwrap_or(user);
                Ok(user)
            })
            .await
    }
}

/// The name of a time zone, as it is in the time zone database.
fn time_zone(name: &str) -> Result<String, ChatError> {
    let zone = jiff::tz::TimeZone::get(name).ok();
    let name = zone.as_ref().and_then(|zone| zone.iana_name()).map(str::to_owned);
    name.ok_or_else(|| ChatError::invalid("timezone", "expected a name such as `Europe/Paris`"))
}

/// Rejects another username.
fn keeps_username(user: &User, patch: &ProfilePatch) -> Result<(), ChatError> {
    match &patch.username {
        Some(username) if username.trim() != user.username => Err(ChatError::invalid(
            "username",
            "a new username needs your password: change it in the security settings",
        )),
        _ => Ok(()),
    }
}

/// Rejects another address.
fn keeps_email(user: &User, patch: &ProfilePatch) -> Result<(), ChatError> {
    match &patch.email {
        Some(email) if text::email_key(email.trim()) != text::email_key(&user.email) => Err(
            ChatError::invalid("email", "a new address has to be confirmed, so it cannot be changed here"),
        ),
        _ => Ok(()),
    }
}

/// Removes the telephone number, or sends a code to another one.
fn change_phone(
    service: &Phones,
    tx: &mut Tx<'_>,
    user: &User,
    patch: &ProfilePatch,
    from: Network,
    now: Timestamp,
) -> Result<(), ChatError> {
    let Some(typed) = &patch.phone_number else { return Ok(()) };
    let current = user.phone_number.as_deref().map(str::trim);
    match typed.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) {
        None if current.is_none() => Ok(()),
        None => {
            phone_codes::remove_of_user(tx, user.id)?;
            mailed_links::remove_by_phone(tx, user.id)?;
            Ok(stored::enter(tx, user.id, None, now)?)
        }
        // Imported numbers may have another form.
        Some(typed) if current == Some(typed) => Ok(()),
        Some(typed) => {
            let number = phones::parsed(typed, None)?;
            if current == Some(number.as_str()) { Ok(()) } else { service.ask(tx, user, &number, from) }
        }
    }
}

/// The settings after a change; turning one of the three sources on turns the others off.
fn patched_languages(
    mut languages: LanguageSettings,
    patch: &ProfilePatch,
) -> Result<LanguageSettings, ChatError> {
    if let Some(code) = &patch.system_language {
        languages.system_language = language("systemLanguage", code)?;
    }
    if let Some(code) = &patch.regional_language {
        languages.regional_language = optional_language("regionalLanguage", code.as_deref())?;
    }
    if let Some(code) = &patch.custom_destination_language {
        languages.custom_destination_language =
            optional_language("customDestinationLanguage", code.as_deref())?;
    }
    languages.auto_translate_enabled =
        patch.auto_translate_enabled.unwrap_or(languages.auto_translate_enabled);
    let switches = [
        patch.translate_to_system_language,
        patch.translate_to_regional_language,
        patch.use_custom_destination,
    ];
    let switched_on = switches.iter().position(|switch| *switch == Some(true));
    let mut current = [
        &mut languages.translate_to_system_language,
        &mut languages.translate_to_regional_language,
        &mut languages.use_custom_destination,
    ];
    for (index, (current, switch)) in current.iter_mut().zip(switches).enumerate() {
        **current = match switched_on {
            Some(on) => index == on,
            None => switch.unwrap_or(**current),
        };
    }
    Ok(languages)
}
