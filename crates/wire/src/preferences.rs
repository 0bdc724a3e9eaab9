//! The preferences of users.

use crate::{Iso, Notice};
use meeshy_domain::preferences::{
    Application, Audio, Category, Document, Message, Notification, Privacy, Values, Video,
};
use meeshy_domain::{CategoryId, PreferencesId, Role, UserId, WebAddress, limits};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::marker::PhantomData;

/// The preferences of all categories.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Preferences {
    pub privacy: Privacy,
    pub audio: Audio,
    pub message: Message,
    pub notification: Notification,
    pub video: Video,
    pub document: Document,
    pub application: Application,
}

/// Some preferences of a category. They are checked together with those that are missing here.
#[derive(Debug, Clone)]
pub struct PreferenceValues<C> {
    pub values: Values,
    category: PhantomData<C>,
}

impl<'de, C> Deserialize<'de> for PreferenceValues<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Values::deserialize(deserializer)?;
        Ok(Self { values, category: PhantomData })
    }
}

impl<C: Category> JsonSchema for PreferenceValues<C> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Change", C::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = C::json_schema(generator);
        schema.insert("examples".into(), serde_json::json!([{}]));
        schema
    }
}

/// Something was done that has no other result; old clients read the sentence at the top level.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Done {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub message: String,
    pub data: Notice,
}

impl Done {
    /// With a sentence for users.
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { success: true, message: message.clone(), data: Notice { message } }
    }
}

/// The caller's account in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyAccount {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub role: Role,
}

/// A preference under a name that a client has chosen.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    pub id: PreferencesId,
    pub user_id: UserId,
    pub key: String,
    pub value: String,
    /// Always `string`.
    pub value_type: &'static str,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// Consents that the caller gives (`true`) or withdraws (`false`), which turns off what needs them.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "voiceDataConsent": true }]))]
pub struct PatchConsents {
    /// To the processing of voice recordings.
    pub voice_data_consent: Option<bool>,
    /// To a voice profile.
    pub voice_profile_consent: Option<bool>,
}

/// Since when the caller has consented.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consents {
    pub voice_data_consent_at: Option<Iso>,
    pub voice_profile_consent_at: Option<Iso>,
}

/// How the caller wants to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Online,
    Offline,
}

impl Status {
    /// Whether others see when the caller is connected.
    pub fn is_shown(self) -> bool {
        self == Self::Online
    }
}

/// How the caller wants to be seen.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "status": "online" }]))]
pub struct PutStatus {
    pub status: Status,
}

/// How the caller is seen while connected.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnStatus {
    pub status: Status,
    /// The preference that this is.
    pub show_online_status: bool,
}

/// A preference under a name that the client chooses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "key": "font-family", "value": "inter" }]))]
pub struct PutSetting {
    #[schemars(length(min = 1, max = limits::SETTING_KEY_CHARS), regex(pattern = "^[A-Za-z0-9._-]+$"))]
    pub key: String,
    #[schemars(length(max = limits::SETTING_CHARS))]
    pub value: String,
}

/// A category into which a user sorts conversations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationCategory {
    pub id: CategoryId,
    pub user_id: UserId,
    pub name: String,
    pub color: Option<String>,
    pub icon: Option<String>,
    /// Its place in the list.
    pub order: i64,
    /// Whether its conversations are shown.
    pub is_expanded: bool,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// A new category.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "name": "Family", "color": "#3388ff" }]))]
pub struct AddCategory {
    #[schemars(length(min = 1, max = limits::CATEGORY_CHARS))]
    pub name: String,
    #[schemars(length(max = limits::SYMBOL_CHARS))]
    pub color: Option<String>,
    /// The name of an icon, or an emoji.
    #[schemars(length(max = limits::SYMBOL_CHARS))]
    pub icon: Option<String>,
    /// Its place; the last one if absent.
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub order: Option<i32>,
    pub is_expanded: Option<bool>,
}

/// Changes to a category.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "isExpanded": false }]))]
pub struct PatchCategory {
    #[schemars(length(min = 1, max = limits::CATEGORY_CHARS))]
    pub name: Option<String>,
    #[serde(deserialize_with = "crate::request::present")]
    #[schemars(with = "Option<String>", length(max = limits::SYMBOL_CHARS))]
    pub color: Option<Option<String>>,
    #[serde(deserialize_with = "crate::request::present")]
    #[schemars(with = "Option<String>", length(max = limits::SYMBOL_CHARS))]
    pub icon: Option<Option<String>>,
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub order: Option<i32>,
    pub is_expanded: Option<bool>,
}

/// New places of categories.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "updates": [{ "categoryId": "65a0c0ffee0123456789abcd", "order": 0 }] }]))]
pub struct ReorderCategories {
    #[schemars(length(max = limits::REORDERED))]
    pub updates: Vec<CategoryPlace>,
}

/// The place of a category.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryPlace {
    #[schemars(with = "CategoryId")]
    pub category_id: String,
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub order: i32,
}
