//! The preferences of users: a document for each category, as the old system stored them.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::preferences::{self, Category, Consent, Values};
use meeshy_domain::{PreferencesId, Timestamp, UserId};
use serde_json::json;

record! {
    /// The documents of a user, as JSON; `None` where nothing was set.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Documents as "p" {
        /// Of the category `privacy`.
        pub privacy: Option<String>,
        /// Of the category `audio`.
        pub audio: Option<String>,
        /// Of the category `message`.
        pub message: Option<String>,
        /// Of the category `notification`.
        pub notification: Option<String>,
        /// Of the category `video`.
        pub video: Option<String>,
        /// Of the category `document`.
        pub document: Option<String>,
        /// Of the category `application`.
        pub application: Option<String>,
    }
}

impl Documents {
    /// The document of a category.
    pub fn of<C: Category>(&self) -> Option<&str> {
        let document = match C::NAME {
            "privacy" => &self.privacy,
            "audio" => &self.audio,
            "message" => &self.message,
            "notification" => &self.notification,
            "video" => &self.video,
            "document" => &self.document,
            _ => &self.application,
        };
        document.as_deref()
    }

    /// The preferences of a category.
    pub fn read<C: Category>(&self) -> C {
        preferences::read(self.of::<C>())
    }
}

/// The notification settings that the old system stored before it had documents: their columns, and the fields that they have
/// become.
const OLDER: [(&str, &str); 13] = [
    ("push_notifications", "pushEnabled"),
    ("email_notifications", "emailEnabled"),
    ("sound_enabled", "soundEnabled"),
    ("vibration_enabled", "vibrationEnabled"),
    ("new_message", "newMessageEnabled"),
    ("missed_call", "missedCallEnabled"),
    ("voicemail_received", "voicemailEnabled"),
    ("new_conversation", "conversationEnabled"),
    ("message_reply", "replyEnabled"),
    ("message_mention", "mentionEnabled"),
    ("friend_request", "contactRequestEnabled"),
    ("group_invite", "memberJoinedEnabled"),
    ("dnd_enabled", "dndEnabled"),
];

/// A document of these settings.
struct Older(String);

impl FromRow for Older {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let mut values = Values::new();
        for (_, field) in OLDER {
            values.insert(field.to_owned(), bool::from_row(row)?.into());
        }
        for field in ["dndStartTime", "dndEndTime"] {
            values.insert(field.to_owned(), Option::<String>::from_row(row)?.into());
        }
        Ok(Self(serde_json::Value::Object(values).to_string()))
    }
}

/// The documents of a user.
pub fn documents(user: UserId) -> Query<Documents> {
    let documents = Query::<Documents>::optional(
        format!("SELECT {} FROM user_preferences p WHERE p.user_id = $1", Documents::columns()),
        vec![user.into()],
    );
    documents.map(Option::unwrap_or_default)
}

const OLDER_TIMES: &str = "dnd_start_time, dnd_end_time";

fn older_flags() -> String {
    OLDER.map(|(column, _)| column).join(", ")
}

/// Documents of what the old system stored for notifications before it had documents, of those of `users` that have it.
pub(crate) fn older_notification_documents(users: &[UserId]) -> Query<Vec<(UserId, String)>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let found = Query::<OlderOf>::all(
        format!(
            "SELECT user_id, {}, {OLDER_TIMES} FROM notification_preferences WHERE user_id IN ({})",
            older_flags(),
            placeholders(1, users.len())
        ),
        padded(users.iter().map(|id| Value::from(*id))),
    );
    found.map(|found| found.into_iter().map(|OlderOf(user, Older(document))| (user, document)).collect())
}

struct OlderOf(UserId, Older);

impl FromRow for OlderOf {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self(FromRow::from_row(row)?, FromRow::from_row(row)?))
    }
}

/// The documents of a user; where there is none, with what the old system stored before it had documents.
pub fn all(tx: &mut Tx<'_>, user: UserId) -> Result<Documents, StoreError> {
    let older = Query::<Older>::optional(
        format!("SELECT {}, {OLDER_TIMES} FROM notification_preferences WHERE user_id = $1", older_flags()),
        vec![user.into()],
    );
    let encryption = Query::<Option<String>>::optional(
        "SELECT encryption_preference FROM users WHERE id = $1",
        vec![user.into()],
    );
    let (mut all, older, encryption) = tx.fetch((documents(user), older, encryption))?;
    if all.notification.is_none() {
        all.notification = older.map(|Older(document)| document);
    }
    if all.privacy.is_none() {
        all.privacy =
            encryption.flatten().map(|choice| json!({ "encryptionPreference": choice }).to_string());
    }
    Ok(all)
}

/// The consents of a user, and since when they are given.
pub fn consents(user: UserId) -> Query<Vec<(Consent, Timestamp)>> {
    let given = Query::<(Option<Timestamp>, Option<Timestamp>)>::optional(
        "SELECT voice_data_consent_at, voice_profile_consent_at FROM users WHERE id = $1",
        vec![user.into()],
    );
    given.map(|given| {
        let (voice_data, voice_profile) = given.unwrap_or_default();
        let consents = [
            voice_data.map(|at| (Consent::VoiceData, at)),
            voice_profile.map(|at| (Consent::VoiceProfile, at)),
        ];
        consents.into_iter().flatten().collect()
    })
}

/// Stores consents of a user: those in `given`, and no others.
pub fn set_consents(
    tx: &mut Tx<'_>,
    user: UserId,
    given: &[(Consent, Timestamp)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let since = |consent| given.iter().find(|(known, _)| *known == consent).map(|(_, at)| *at);
    tx.execute(
        "UPDATE users SET voice_data_consent_at = $2, voice_profile_consent_at = $3, updated_at = $4 WHERE id = $1",
        &[
            user.into(),
            since(Consent::VoiceData).into(),
            since(Consent::VoiceProfile).into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Replaces the document of a category. `id` is that of the row if it is the first document.
pub fn set<C: Category>(
    tx: &mut Tx<'_>,
    id: PreferencesId,
    user: UserId,
    document: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let column = C::NAME;
    let params = [id.into(), user.into(), document.into(), now.into()];
    tx.execute(
        &format!(
            "INSERT INTO user_preferences (id, user_id, {column}, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (user_id) DO UPDATE SET {column} = excluded.{column}, updated_at = excluded.updated_at"
        ),
        &params,
    )?;
    Ok(())
}
