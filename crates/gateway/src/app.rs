//! The state of the gateway.

use crate::config::GatewayConfig;
use crate::http::known_callers::KnownCallers;
use crate::http::rate_limit::Limiter;
use meeshy_chat::Chat;
use meeshy_translation_api::TranslationApi;
use std::sync::Arc;
use std::time::Instant;

/// The state that every handler can use.
#[derive(Clone)]
pub(crate) struct App {
    pub chat: Chat,
    pub config: Arc<GatewayConfig>,
    pub limiter: Arc<Limiter>,
    pub known_callers: Arc<KnownCallers>,
    /// The implementation of `/libretranslate`.
    pub translation_api: Option<TranslationApi>,
    pub started: Instant,
}
