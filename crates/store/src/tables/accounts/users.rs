//! Users.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::privacy::HIDES_COLUMNS;
use crate::{Query, Row, StoreError, Tx, Value, conversation_languages, names};
use meeshy_domain::preferences::Hides;
use meeshy_domain::text::{self, Names};
use meeshy_domain::{Language, LanguageSettings, Role, Secret, Timestamp, UserId};
use std::collections::HashSet;

record! {
    /// A user account.
    #[derive(Debug, Clone, PartialEq)]
    pub struct User as "u" {
        /// Its id.
        pub id: UserId,
        /// The unique name, as typed.
        pub username: String,
        /// The unique address, in lower case.
        pub email: String,
        /// bcrypt or argon2id, in its text form.
        pub password_hash: Secret,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// The displayed name.
        pub display_name: String = SHOWN_NAME,
        /// A short biography.
        pub bio: String,
        /// The URL of the user's picture.
        pub avatar: Option<String>,
        /// E.164.
        pub phone_number: Option<String>,
        /// The role on the server.
        pub role: Role,
        /// Whether the account can be used: it is active and was not deleted in the old system.
        pub is_active: bool = "(u.is_active AND u.deleted_at IS NULL)",
        /// When it was deactivated.
        pub deactivated_at: Option<Timestamp>,
        /// The user's languages.
        pub languages: LanguageSettings = LANGUAGE_COLUMNS,
        /// The last activity, to within a few seconds.
        pub last_active_at: Timestamp,
        /// When the account was created.
        pub created_at: Timestamp,
        /// When the account was last changed.
        pub updated_at: Timestamp,
        /// What the user hides from others.
        pub hides: Hides = HIDES_COLUMNS,
        /// Other attributes, for the user only.
        pub details: Details = Details::columns(),
    }
}

record! {
    /// Attributes that only the user sees.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Details as "u" {
        /// The URL of a banner.
        pub banner: Option<String>,
        /// When the address was verified.
        pub email_verified_at: Option<Timestamp>,
        /// When the telephone number was verified.
        pub phone_verified_at: Option<Timestamp>,
        /// Since when two-factor authentication is required.
        pub two_factor_enabled_at: Option<Timestamp>,
        /// When the password was last changed.
        pub last_password_change: Option<Timestamp>,
        /// The name of the user's time zone.
        pub timezone: Option<String>,
        /// How complete the profile is, in percent.
        pub profile_completion_rate: i64 = "coalesce(u.profile_completion_rate, 0)",
        /// The IP address of the last sign-in.
        pub last_login_ip: Option<String>,
        /// Its location.
        pub last_login_location: Option<String>,
        /// The user agent of that device.
        pub last_login_device: Option<String>,
    }
}

/// The displayed name, by default the username.
pub(crate) const SHOWN_NAME: &str = "coalesce(nullif(u.display_name, ''), u.username)";

pub(crate) const LANGUAGE_COLUMNS: &str = "u.system_language, u.regional_language, u.custom_destination_language, \
    u.auto_translate_enabled, u.translate_to_system_language, u.translate_to_regional_language, u.use_custom_destination";

impl FromRow for LanguageSettings {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (system_language, regional_language, custom_destination_language) = FromRow::from_row(row)?;
        let (auto_translate_enabled, translate_to_system_language) = FromRow::from_row(row)?;
        let (translate_to_regional_language, use_custom_destination) = FromRow::from_row(row)?;
        Ok(Self {
            system_language,
            regional_language,
            custom_destination_language,
            auto_translate_enabled,
            translate_to_system_language,
            translate_to_regional_language,
            use_custom_destination,
        })
    }
}

/// Adds a user.
///
/// # Errors
/// [`StoreError::Conflict`] when the username or the address is taken.
pub fn insert(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    tx.insert_into(
        "users",
        vec![
            ("id", user.id.into()),
            ("username", (&user.username).into()),
            ("email", (&user.email).into()),
            ("password_hash", (&user.password_hash).into()),
            ("first_name", (&user.first_name).into()),
            ("last_name", (&user.last_name).into()),
            ("display_name", (&user.display_name).into()),
            ("bio", (&user.bio).into()),
            ("avatar", user.avatar.as_ref().into()),
            ("phone_number", user.phone_number.as_ref().into()),
            ("role", user.role.into()),
            ("is_active", user.is_active.into()),
            ("deactivated_at", user.deactivated_at.into()),
            ("system_language", user.languages.system_language.into()),
            ("regional_language", user.languages.regional_language.into()),
            ("custom_destination_language", user.languages.custom_destination_language.into()),
            ("auto_translate_enabled", user.languages.auto_translate_enabled.into()),
            ("translate_to_system_language", user.languages.translate_to_system_language.into()),
            ("translate_to_regional_language", user.languages.translate_to_regional_language.into()),
            ("use_custom_destination", user.languages.use_custom_destination.into()),
            ("last_active_at", user.last_active_at.into()),
            ("created_at", user.created_at.into()),
            ("updated_at", user.updated_at.into()),
            ("username_key", text::key(&user.username).into()),
            ("email_key", text::email_key(&user.email).into()),
        ],
    )?;
    let User { username, first_name, last_name, display_name, .. } = user;
    names::set_words(
        tx,
        &user.id.into(),
        text::found_words(Names { username, first: first_name, last: last_name, display: display_name }),
    )
}

/// The user with this id.
pub fn find(id: UserId) -> Query<Option<User>> {
    Query::optional(
        format!("SELECT {columns} FROM users u WHERE u.id = $1", columns = User::columns()),
        vec![id.into()],
    )
}

/// Whether an account can be used: it is active and not locked at `now` by a person's decision. A lock after
/// failed attempts ([`FAILED_SIGN_INS`](crate::attempts::FAILED_SIGN_INS)) does not end sessions.
const MAY_ACT: &str = "u.is_active AND u.deleted_at IS NULL AND (u.locked_until IS NULL OR u.locked_until <= $1 \
    OR u.locked_reason = 'failed_sign_ins')";

/// The user with this id, if the account is active and not locked.
pub fn find_in_good_standing(id: UserId, now: Timestamp) -> Query<Option<User>> {
    Query::optional(
        format!("SELECT {columns} FROM users u WHERE u.id = $2 AND {MAY_ACT}", columns = User::columns()),
        vec![now.into(), id.into()],
    )
}

/// Those of `ids` whose accounts are active and not locked.
pub fn in_good_standing(
    tx: &mut Tx<'_>,
    ids: &[UserId],
    now: Timestamp,
) -> Result<HashSet<UserId>, StoreError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = placeholders(2, ids.len());
    let mut params = vec![now.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let found =
        tx.fetch_all(&format!("SELECT u.id FROM users u WHERE u.id IN ({list}) AND {MAY_ACT}"), &params)?;
    Ok(found.into_iter().collect())
}

/// Those of `ids` that exist, in no particular order.
pub fn find_all(ids: &[UserId]) -> Query<Vec<User>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, ids.len());
    let params = padded(ids.iter().map(|id| Value::from(*id)));
    Query::all(
        format!("SELECT {columns} FROM users u WHERE u.id IN ({list})", columns = User::columns()),
        params,
    )
}

/// The user who signs in as `login`: a username or an address in any spelling ([`text::key`]), or a telephone
/// number. An exact match comes first, a telephone number last, if others have entered it as well that of who has
/// confirmed it: an imported account may have a number as its
/// username and nothing else to sign in with, while the owner of a telephone number also has a username.
pub fn find_by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<User>, StoreError> {
    // An empty value matches no user.
    let Some(username) = text::key(login) else { return Ok(None) };
    tx.fetch_optional(
        &format!(
            "SELECT {columns} FROM users u WHERE u.username_key = $2 OR u.email_key = $3 OR u.phone_number = $1 \
             ORDER BY CASE WHEN u.username = $1 OR u.email = $1 THEN 0 \
               WHEN u.username_key = $2 OR u.email_key = $3 THEN CASE WHEN u.name_twin = '' THEN 1 ELSE 2 END \
               WHEN u.phone_verified_at IS NOT NULL THEN 3 ELSE 4 END, u.created_at \
             LIMIT 1", columns = User::columns()
        ),
        &[login.into(), username.into(), text::email_key(login).into()])
}

/// Active users other than `asker` who match `text` and do not hide their profiles: each word of it is the prefix of a word in their
/// username, first, last or displayed name, ignoring case and accents. Also returns their number, up to
/// 1,000. Users whose username starts with `text` come first.
pub fn search(
    tx: &mut Tx<'_>,
    asker: UserId,
    text: &str,
    limit: i64,
    offset: i64,
) -> Result<(Vec<User>, i64), StoreError> {
    let Some((condition, words)) = names::found_by(text, 2) else { return Ok((Vec::new(), 0)) };
    let found = names::first_found(&condition);
    let mut params = vec![asker.into()];
    params.extend(words);
    let count = format!("SELECT count(*) AS total FROM ({found}) found");
    let total = tx.fetch_one(&count, &params)?;
    let at = params.len();
    params.extend([text::key(text).unwrap_or_default().into(), limit.into(), offset.into()]);
    let (prefix, limit, offset) = (at + 1, at + 2, at + 3);
    let page = tx.fetch_all(
        &format!(
            "SELECT {columns} FROM users u WHERE u.id IN ({found}) \
             ORDER BY CASE WHEN substr(u.username_key, 1, length(${prefix})) = ${prefix} THEN 0 ELSE 1 END, \
               u.username_key, u.id LIMIT ${limit} OFFSET ${offset}",
            columns = User::columns()
        ),
        &params,
    )?;
    Ok((page, total))
}

/// Changes of a profile; `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileChange {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The displayed name.
    pub display_name: Option<String>,
    /// A short biography.
    pub bio: Option<String>,
    /// The name of a time zone.
    pub timezone: Option<String>,
    /// All language settings.
    pub languages: Option<LanguageSettings>,
}

/// Changes a profile.
pub fn update_profile(
    tx: &mut Tx<'_>,
    id: UserId,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET first_name = coalesce($2, first_name), last_name = coalesce($3, last_name), \
           display_name = coalesce($4, display_name), bio = coalesce($5, bio), updated_at = $6, \
           timezone = coalesce($7, timezone) WHERE id = $1",
        &[
            id.into(),
            change.first_name.as_ref().into(),
            change.last_name.as_ref().into(),
            change.display_name.as_ref().into(),
            change.bio.as_ref().into(),
            now.into(),
            change.timezone.as_ref().into(),
        ],
    )?;
    if change.first_name.is_some() || change.last_name.is_some() || change.display_name.is_some() {
        let names: Option<(String, String, String, String)> = tx.fetch_optional(
            "SELECT username, first_name, last_name, display_name FROM users WHERE id = $1",
            &[id.into()],
        )?;
        if let Some((username, first, last, display)) = &names {
            let words = text::found_words(Names { username, first, last, display });
            names::set_words(tx, &id.into(), words)?;
        }
    }
    let Some(languages) = &change.languages else { return Ok(()) };
    let before = languages_of(tx, id)?;
    let code = |language: Option<Language>| Value::from(language);
    tx.execute(
        "UPDATE users SET system_language = $2, regional_language = $3, custom_destination_language = $4, \
           auto_translate_enabled = $5, translate_to_system_language = $6, translate_to_regional_language = $7, \
           use_custom_destination = $8 WHERE id = $1",
        &[
            id.into(),
            languages.system_language.into(),
            code(languages.regional_language),
            code(languages.custom_destination_language),
            languages.auto_translate_enabled.into(),
            languages.translate_to_system_language.into(),
            languages.translate_to_regional_language.into(),
            languages.use_custom_destination.into(),
        ],
    )?;
    match before {
        Some((true, before)) => conversation_languages::change_member(tx, id, Some(&before), Some(languages)),
        Some((false, _)) | None => Ok(()),
    }
}

/// Whether an account is active, and its languages.
fn languages_of(tx: &mut Tx<'_>, id: UserId) -> Result<Option<(bool, LanguageSettings)>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT (u.is_active AND u.deleted_at IS NULL) AS is_active, {LANGUAGE_COLUMNS} FROM users u WHERE u.id = $1"),
        &[id.into()],
    )
}

/// Updates `last_active_at`.
pub fn touch(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// Replaces a password hash.
pub fn set_password_hash(
    tx: &mut Tx<'_>,
    id: UserId,
    hash: &Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1",
        &[id.into(), hash.into(), now.into()],
    )?;
    Ok(())
}

/// Replaces a password that was changed.
pub fn change_password(tx: &mut Tx<'_>, id: UserId, hash: &Secret, now: Timestamp) -> Result<(), StoreError> {
    set_password_hash(tx, id, hash, now)?;
    tx.execute("UPDATE users SET last_password_change = $2 WHERE id = $1", &[id.into(), now.into()])?;
    Ok(())
}

/// The earlier changes of a username, as the old system stores them: a JSON array, the oldest first.
pub fn username_history(tx: &mut Tx<'_>, id: UserId) -> Result<String, StoreError> {
    let found: Option<Option<String>> =
        tx.fetch_optional("SELECT username_history FROM users WHERE id = $1", &[id.into()])?;
    Ok(found.flatten().unwrap_or_default())
}

/// Changes a username.
///
/// # Errors
/// [`StoreError::Conflict`] when it is taken.
pub fn set_username(
    tx: &mut Tx<'_>,
    user: &User,
    username: &str,
    history: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET username = $2, username_key = $3, username_history = $4, updated_at = $5 WHERE id = $1",
        &[user.id.into(), username.into(), text::key(username).into(), history.into(), now.into()],
    )?;
    let User { first_name, last_name, display_name, .. } = user;
    let names = Names { username, first: first_name, last: last_name, display: display_name };
    names::set_words(tx, &user.id.into(), text::found_words(names))
}

/// Changes the role of a user.
pub fn set_role(tx: &mut Tx<'_>, id: UserId, role: Role, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1",
        &[id.into(), role.into(), now.into()],
    )?;
    Ok(())
}

/// Activates or deactivates an account. Activating also clears a deletion.
pub fn set_active(tx: &mut Tx<'_>, id: UserId, is_active: bool, now: Timestamp) -> Result<(), StoreError> {
    // The change comes first, to lock the row before what follows is read and counted.
    tx.execute("UPDATE users SET updated_at = $2 WHERE id = $1", &[id.into(), now.into()])?;
    let before = languages_of(tx, id)?;
    let deactivated_at = (!is_active).then_some(now);
    tx.execute(
        "UPDATE users SET is_active = $2, deactivated_at = $3 WHERE id = $1",
        &[id.into(), is_active.into(), deactivated_at.into()],
    )?;
    if is_active {
        tx.execute("UPDATE users SET deleted_at = NULL, deleted_by = NULL WHERE id = $1", &[id.into()])?;
    }
    let Some((was_active, languages)) = before else { return Ok(()) };
    let counted = |is_active: bool| is_active.then_some(&languages);
    conversation_languages::change_member(tx, id, counted(was_active), counted(is_active))
}

/// Users by id, after `after`.
pub fn page(tx: &mut Tx<'_>, after: Option<UserId>, limit: i64) -> Result<Vec<User>, StoreError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    tx.fetch_all(
        &format!(
            "SELECT {columns} FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2",
            columns = User::columns()
        ),
        &[after.into(), limit.into()],
    )
}

/// The highest bcrypt cost among the password hashes; `None` if there is none.
pub fn bcrypt_cost(tx: &mut Tx<'_>) -> Result<Option<u32>, StoreError> {
    let cost: Option<String> = tx.fetch_one(
        "SELECT max(substr(password_hash, 5, 2)) AS cost FROM users WHERE password_hash LIKE $1",
        &["$2_$%".into()],
    )?;
    Ok(cost.and_then(|cost| cost.parse().ok()))
}

/// The number of accounts.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.fetch_one("SELECT count(*) AS total FROM users", &[])
}
