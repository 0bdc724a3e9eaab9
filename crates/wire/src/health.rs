//! Responses for operators and their tools.

use crate::Iso;
use schemars::JsonSchema;
use serde::Serialize;

/// The health of the process and its parts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Health {
    /// `degraded` while a part is down.
    pub status: Condition,
    pub timestamp: Iso,
    pub version: &'static str,
    /// In seconds.
    pub uptime: u64,
    pub services: Services,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    Healthy,
    Degraded,
}

/// The parts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Services {
    pub database: DatabaseHealth,
    pub translation: TranslationHealth,
    pub websocket: SocketHealth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Up,
    Down,
}

impl From<bool> for Standing {
    fn from(is_up: bool) -> Self {
        if is_up { Self::Up } else { Self::Down }
    }
}

/// Statistics are for the operator only; `null` if the database does not respond.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseHealth {
    pub status: Standing,
    /// Why nothing can be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_count: Option<Option<i64>>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationHealth {
    pub status: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translators: Option<Option<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs_waiting: Option<Option<i64>>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketHealth {
    pub status: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_online: Option<usize>,
}

/// The readiness of the server.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Readiness {
    /// `ready` or `not ready`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// The name and version of the server.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Info {
    pub name: &'static str,
    pub version: &'static str,
    pub description: &'static str,
    /// The path of the documentation.
    pub documentation: &'static str,
    /// The prefix of the routes.
    pub api: &'static str,
    /// The path of the sockets.
    pub socket: &'static str,
}
