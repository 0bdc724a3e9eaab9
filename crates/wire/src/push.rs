//! Devices that get push notifications.

use crate::Iso;
use meeshy_domain::{PushPlatform, PushService, PushTokenId, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// Tokens are secrets, so bodies that contain one have no `Debug`.

/// A device to register, with its token or, from Apple, its `apnsToken`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "token": "a1b2c3d4e5f6a7b8", "type": "apns", "platform": "ios" }]))]
pub struct RegisterDevice {
    /// Letters, digits and signs of ASCII.
    #[schemars(length(min = *limits::PUSH_TOKEN_BYTES.start(), max = *limits::PUSH_TOKEN_BYTES.end()))]
    pub token: Option<String>,
    /// The same, of a device that Apple delivers to.
    #[schemars(length(min = *limits::PUSH_TOKEN_BYTES.start(), max = *limits::PUSH_TOKEN_BYTES.end()))]
    pub apns_token: Option<String>,
    /// `apns` for an `apnsToken`, otherwise `fcm`.
    #[serde(rename = "type")]
    pub service: Option<PushService>,
    pub platform: PushPlatform,
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub device_id: Option<String>,
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub device_name: Option<String>,
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub app_version: Option<String>,
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub bundle_id: Option<String>,
}

/// A device to remove, by its token or its id.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "deviceId": "65a0c0ffee0123456789abcd" }]))]
pub struct UnregisterDevice {
    pub token: Option<String>,
    pub device_id: Option<String>,
}

/// The token of a browser.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "token": "a1b2c3d4e5f6a7b8", "deviceInfo": {} }]))]
pub struct BrowserToken {
    /// Letters, digits and signs of ASCII.
    #[schemars(length(min = *limits::PUSH_TOKEN_BYTES.start(), max = *limits::PUSH_TOKEN_BYTES.end()))]
    pub token: String,
    /// What the client says of the browser; not used.
    #[serde(default)]
    #[schemars(with = "serde_json::Value")]
    pub device_info: serde::de::IgnoredAny,
}

/// The key with which browsers subscribe.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushKey {
    /// A point of the curve P-256 in base64url; `null` if this server does not notify browsers.
    pub public_key: Option<String>,
}

/// Where a browser gets its messages, as `PushSubscription.toJSON()` of the Push API has it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "endpoint": "https://push.example.org/1",
    "keys": {
        "p256dh": "BLn9b-VR0ca83knDNZ32dCHGyjJp-1riX9ZTN40MqV8K_LpQmLqxC_DoHvqvFXO_nGdAB4W9dogZb_sM-uV4JbY",
        "auth": "_ordMnz7uTCmrpBTeUV4Bw"
    }
}]))]
pub struct BrowserSubscription {
    pub endpoint: String,
    pub keys: SubscriptionKeys,
}

/// A browser that wants notifications.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "endpoint": "https://push.example.org/1",
    "keys": {
        "p256dh": "BLn9b-VR0ca83knDNZ32dCHGyjJp-1riX9ZTN40MqV8K_LpQmLqxC_DoHvqvFXO_nGdAB4W9dogZb_sM-uV4JbY",
        "auth": "_ordMnz7uTCmrpBTeUV4Bw"
    }
}]))]
pub struct SubscribeBrowser {
    #[serde(flatten)]
    pub subscription: BrowserSubscription,
    /// The browser's id for the client; it replaces an earlier subscription with the same one.
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub device_id: Option<String>,
    #[schemars(length(max = limits::DEVICE_CHARS))]
    pub device_name: Option<String>,
}

/// The keys of a browser, in base64url.
#[derive(Clone, Deserialize, JsonSchema)]
pub struct SubscriptionKeys {
    pub p256dh: String,
    pub auth: String,
}

/// A device that gets push notifications. Its token is not shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushDevice {
    pub id: PushTokenId,
    #[serde(rename = "type")]
    pub service: PushService,
    pub platform: PushPlatform,
    pub device_id: Option<String>,
    pub device_name: Option<String>,
    pub app_version: Option<String>,
    pub is_active: bool,
    pub last_used_at: Option<Iso>,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// A device that was registered.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredDevice {
    pub id: PushTokenId,
    #[serde(rename = "type")]
    pub service: PushService,
    pub platform: PushPlatform,
    pub device_name: Option<String>,
    /// Whether the caller had not registered it before.
    pub is_new: bool,
    pub message: String,
}

/// Devices that were removed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnregisteredDevices {
    pub deleted_count: u64,
    pub message: String,
}
