//! People.

use crate::tx::{padded, placeholders};
use crate::{Row, StoreError, Tx, Value, conversation_languages, names};
use meeshy_domain::text::{self, Names};
use meeshy_domain::{Language, LanguageSettings, Role, Secret, Timestamp, UserId};
use std::collections::HashSet;

/// A person's account.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Who this is.
    pub id: UserId,
    /// The unique name, in the case it was typed.
    pub username: String,
    /// The unique address, in lower case.
    pub email: String,
    /// bcrypt or argon2id, in its text form.
    pub password_hash: Secret,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name that others see.
    pub display_name: String,
    /// A few words about oneself.
    pub bio: String,
    /// Address of a picture.
    pub avatar: Option<String>,
    /// E.164.
    pub phone_number: Option<String>,
    /// What this person may do on the whole site.
    pub role: Role,
    /// Whether the account may be used: it is switched on, and the old system had not deleted it.
    pub is_active: bool,
    /// When it was switched off.
    pub deactivated_at: Option<Timestamp>,
    /// What this person reads.
    pub languages: LanguageSettings,
    /// The last sign of life, to within a few seconds.
    pub last_active_at: Timestamp,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
    /// What else is known, for the owner.
    pub details: Details,
}

/// What the owner of an account is shown besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Address of a wide picture.
    pub banner: Option<String>,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// When the telephone number was verified.
    pub phone_verified_at: Option<Timestamp>,
    /// Since when signing in takes a code.
    pub two_factor_enabled_at: Option<Timestamp>,
    /// When the password was changed last.
    pub last_password_change: Option<Timestamp>,
    /// How much of the profile is filled in, in percent.
    pub profile_completion_rate: i64,
    /// The network address from which this person signed in last.
    pub last_login_ip: Option<String>,
    /// Where that is.
    pub last_login_location: Option<String>,
    /// What that device says it is.
    pub last_login_device: Option<String>,
}

/// The name that others see is the username where somebody has chosen none.
pub(crate) const SHOWN_NAME: &str = "coalesce(nullif(u.display_name, ''), u.username) AS display_name";

const COLUMNS: &str = "u.id, u.username, u.email, u.password_hash, u.first_name, u.last_name, u.bio, u.avatar, \
    u.phone_number, u.role, (u.is_active AND u.deleted_at IS NULL) AS is_active, u.deactivated_at, u.system_language, u.regional_language, \
    u.custom_destination_language, u.auto_translate_enabled, u.translate_to_system_language, \
    u.translate_to_regional_language, u.use_custom_destination, u.last_active_at, u.created_at, u.updated_at, u.banner, \
    u.email_verified_at, u.phone_verified_at, u.two_factor_enabled_at, u.last_password_change, \
    coalesce(u.profile_completion_rate, 0) AS profile_completion_rate, \
    u.last_login_ip, u.last_login_location, u.last_login_device";

fn read(row: &mut Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.take("id")?,
        username: row.take("username")?,
        email: row.take("email")?,
        password_hash: row.take("password_hash")?,
        first_name: row.take("first_name")?,
        last_name: row.take("last_name")?,
        display_name: row.take("display_name")?,
        bio: row.take("bio")?,
        avatar: row.take("avatar")?,
        phone_number: row.take("phone_number")?,
        role: row.take("role")?,
        is_active: row.take("is_active")?,
        deactivated_at: row.take("deactivated_at")?,
        languages: read_languages(row)?,
        last_active_at: row.take("last_active_at")?,
        created_at: row.take("created_at")?,
        updated_at: row.take("updated_at")?,
        details: Details {
            banner: row.take("banner")?,
            email_verified_at: row.take("email_verified_at")?,
            phone_verified_at: row.take("phone_verified_at")?,
            two_factor_enabled_at: row.take("two_factor_enabled_at")?,
            last_password_change: row.take("last_password_change")?,
            profile_completion_rate: row.take("profile_completion_rate")?,
            last_login_ip: row.take("last_login_ip")?,
            last_login_location: row.take("last_login_location")?,
            last_login_device: row.take("last_login_device")?,
        },
    })
}

pub(crate) const LANGUAGE_COLUMNS: &str = "u.system_language, u.regional_language, u.custom_destination_language, \
    u.auto_translate_enabled, u.translate_to_system_language, u.translate_to_regional_language, u.use_custom_destination";

pub(crate) fn read_languages(row: &mut Row) -> Result<LanguageSettings, StoreError> {
    Ok(LanguageSettings {
        system_language: row.take("system_language")?,
        regional_language: row.take("regional_language")?,
        custom_destination_language: row.take("custom_destination_language")?,
        auto_translate_enabled: row.take("auto_translate_enabled")?,
        translate_to_system_language: row.take("translate_to_system_language")?,
        translate_to_regional_language: row.take("translate_to_regional_language")?,
        use_custom_destination: row.take("use_custom_destination")?,
    })
}

/// Adds a person.
///
/// # Errors
/// [`StoreError::Conflict`] when the username or the address is taken.
pub fn insert(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, bio, avatar, \
           phone_number, role, is_active, deactivated_at, system_language, regional_language, \
           custom_destination_language, auto_translate_enabled, translate_to_system_language, \
           translate_to_regional_language, use_custom_destination, last_active_at, created_at, updated_at, \
           username_key, email_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
        &[
            user.id.into(),
            (&user.username).into(),
            (&user.email).into(),
            (&user.password_hash).into(),
            (&user.first_name).into(),
            (&user.last_name).into(),
            (&user.display_name).into(),
            (&user.bio).into(),
            user.avatar.as_ref().into(),
            user.phone_number.as_ref().into(),
            user.role.into(),
            user.is_active.into(),
            user.deactivated_at.into(),
            user.languages.system_language.into(),
            user.languages.regional_language.into(),
            user.languages.custom_destination_language.into(),
            user.languages.auto_translate_enabled.into(),
            user.languages.translate_to_system_language.into(),
            user.languages.translate_to_regional_language.into(),
            user.languages.use_custom_destination.into(),
            user.last_active_at.into(),
            user.created_at.into(),
            user.updated_at.into(),
            text::key(&user.username).into(),
            text::email_key(&user.email).into(),
        ],
    )?;
    let User { username, first_name, last_name, display_name, .. } = user;
    names::set_words(
        tx,
        &user.id.into(),
        text::found_words(Names { username, first: first_name, last: last_name, display: display_name }),
    )
}

/// The person with this id.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    tx.query_first(
        &format!("SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.id = $1"),
        &[id.into()],
        read,
    )
}

/// An account that may act: active, and not locked at `now` by somebody's decision. That strangers have guessed too often
/// ([`FAILED_SIGN_INS`](crate::attempts::FAILED_SIGN_INS)) ends nothing.
const MAY_ACT: &str = "u.is_active AND u.deleted_at IS NULL AND (u.locked_until IS NULL OR u.locked_until <= $1 \
    OR u.locked_reason = 'failed_sign_ins')";

/// The person with this id, if the account is active and not locked.
///
/// # Errors
/// As the database says.
pub fn find_in_good_standing(
    tx: &mut Tx<'_>,
    id: UserId,
    now: Timestamp,
) -> Result<Option<User>, StoreError> {
    tx.query_first(
        &format!("SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.id = $2 AND {MAY_ACT}"),
        &[now.into(), id.into()],
        read,
    )
}

/// Those of `ids` whose accounts are active and not locked.
///
/// # Errors
/// As the database says.
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
    let found = tx.query(
        &format!("SELECT u.id FROM users u WHERE u.id IN ({list}) AND {MAY_ACT}"),
        &params,
        |row| row.take("id"),
    )?;
    Ok(found.into_iter().collect())
}

/// Those of `ids` that exist, in no particular order.
///
/// # Errors
/// As the database says.
pub fn find_all(tx: &mut Tx<'_>, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, ids.len());
    let ids = padded(ids.iter().map(|id| Value::from(*id)));
    tx.query(&format!("SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.id IN ({list})"), &ids, read)
}

/// The person who signs in as `login`: a username or an address in any spelling ([`text::key`]), or a telephone number. The exact
/// spelling comes first, a telephone number last: an account of the old system may have a number as its username and nothing else
/// to sign in with, while whose telephone number it is has a username too.
///
/// # Errors
/// As the database says.
pub fn find_by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<User>, StoreError> {
    // An empty value is nobody's.
    let Some(username) = text::key(login) else { return Ok(None) };
    tx.query_first(
        &format!(
            "SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.username_key = $2 OR u.email_key = $3 OR u.phone_number = $1 \
             ORDER BY CASE WHEN u.username = $1 OR u.email = $1 THEN 0 \
               WHEN u.username_key = $2 OR u.email_key = $3 THEN CASE WHEN u.name_twin = '' THEN 1 ELSE 2 END \
               ELSE 3 END, u.created_at \
             LIMIT 1"
        ),
        &[login.into(), username.into(), text::email_key(login).into()],
        read,
    )
}

/// Active people other than `asker` of whose names (username, first, last and display name) some word begins with each word of `text`,
/// in any case and with or without accents, and how many they are, up to 1,000. Who has a username that begins with `text` comes first.
///
/// # Errors
/// As the database says.
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
    let total = tx.query_one(&count, &params, |row| row.take("total"))?;
    let at = params.len();
    params.extend([text::key(text).unwrap_or_default().into(), limit.into(), offset.into()]);
    let (prefix, limit, offset) = (at + 1, at + 2, at + 3);
    let page = tx.query(
        &format!(
            "SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.id IN ({found}) \
             ORDER BY CASE WHEN substr(u.username_key, 1, length(${prefix})) = ${prefix} THEN 0 ELSE 1 END, \
               u.username_key, u.id LIMIT ${limit} OFFSET ${offset}"
        ),
        &params,
        read,
    )?;
    Ok((page, total))
}

/// What a person may change about themselves; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileChange {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// A few words about oneself.
    pub bio: Option<String>,
    /// All language settings, as they shall be.
    pub languages: Option<LanguageSettings>,
}

/// Changes a profile.
///
/// # Errors
/// As the database says.
pub fn update_profile(
    tx: &mut Tx<'_>,
    id: UserId,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET first_name = coalesce($2, first_name), last_name = coalesce($3, last_name), \
           display_name = coalesce($4, display_name), bio = coalesce($5, bio), updated_at = $6 WHERE id = $1",
        &[
            id.into(),
            change.first_name.as_ref().into(),
            change.last_name.as_ref().into(),
            change.display_name.as_ref().into(),
            change.bio.as_ref().into(),
            now.into(),
        ],
    )?;
    if change.first_name.is_some() || change.last_name.is_some() || change.display_name.is_some() {
        let names: Option<[String; 4]> = tx.query_first(
            "SELECT username, first_name, last_name, display_name FROM users WHERE id = $1",
            &[id.into()],
            |row| {
                Ok([
                    row.take("username")?,
                    row.take("first_name")?,
                    row.take("last_name")?,
                    row.take("display_name")?,
                ])
            },
        )?;
        if let Some([username, first, last, display]) = &names {
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
    tx.query_first(
        &format!("SELECT (u.is_active AND u.deleted_at IS NULL) AS is_active, {LANGUAGE_COLUMNS} FROM users u WHERE u.id = $1"),
        &[id.into()],
        |row| Ok((row.take("is_active")?, read_languages(row)?)),
    )
}

/// Updates `last_active_at`.
///
/// # Errors
/// As the database says.
pub fn touch(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// Replaces a password's hash.
///
/// # Errors
/// As the database says.
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

/// Replaces a password that somebody changed.
///
/// # Errors
/// As the database says.
pub fn change_password(tx: &mut Tx<'_>, id: UserId, hash: &Secret, now: Timestamp) -> Result<(), StoreError> {
    set_password_hash(tx, id, hash, now)?;
    tx.execute("UPDATE users SET last_password_change = $2 WHERE id = $1", &[id.into(), now.into()])?;
    Ok(())
}

/// Gives a person another role.
///
/// # Errors
/// As the database says.
pub fn set_role(tx: &mut Tx<'_>, id: UserId, role: Role, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1",
        &[id.into(), role.into(), now.into()],
    )?;
    Ok(())
}

/// Switches an account on or off. On, it is not deleted any more either.
///
/// # Errors
/// As the database says.
pub fn set_active(tx: &mut Tx<'_>, id: UserId, is_active: bool, now: Timestamp) -> Result<(), StoreError> {
    // First of all a change, so that nobody else makes one between what is read here and what is counted.
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

/// People in the order of their ids, those behind `after`.
///
/// # Errors
/// As the database says.
pub fn page(tx: &mut Tx<'_>, after: Option<UserId>, limit: i64) -> Result<Vec<User>, StoreError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    tx.query(
        &format!("SELECT {COLUMNS}, {SHOWN_NAME} FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2"),
        &[after.into(), limit.into()],
        read,
    )
}

/// The highest cost of a bcrypt hash among the passwords; `None` when there is none.
///
/// # Errors
/// As the database says.
pub fn bcrypt_cost(tx: &mut Tx<'_>) -> Result<Option<u32>, StoreError> {
    let cost: Option<String> = tx.query_one(
        "SELECT max(substr(password_hash, 5, 2)) AS cost FROM users WHERE password_hash LIKE '$2_$%'",
        &[],
        |row| row.take("cost"),
    )?;
    Ok(cost.and_then(|cost| cost.parse().ok()))
}

/// How many accounts there are.
///
/// # Errors
/// As the database says.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one("SELECT count(*) AS total FROM users", &[], |row| row.take("total"))
}
