//! What operators and their tools are told.

use crate::Iso;
use schemars::JsonSchema;
use serde::Serialize;

/// How the process is, and each of its parts.
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

/// The figures are for the operator only; `null` where the database does not say.
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

/// Whether it can serve.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Readiness {
    /// `ready` or `not ready`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// What this is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Info {
    pub name: &'static str,
    pub version: &'static str,
    pub description: &'static str,
    /// Where this interface is described.
    pub documentation: &'static str,
    /// Where the routes begin.
    pub api: &'static str,
    /// Where the sockets are.
    pub socket: &'static str,
}
