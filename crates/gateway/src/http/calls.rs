//! What REST and sockets read of a request about a call.

use crate::http::error::ApiError;
use meeshy_chat::Media;
use meeshy_domain::{CallType, UnknownName};
use meeshy_wire::CallMedia;

/// With or without pictures.
pub fn call_type(text: &str) -> Result<CallType, ApiError> {
    text.parse().map_err(|error: UnknownName| ApiError::invalid("type", &error.to_string()))
}

/// What the caller has turned on.
pub fn media(settings: Option<CallMedia>) -> Media {
    let CallMedia { audio_enabled, video_enabled } = settings.unwrap_or_default();
    Media { audio: audio_enabled, video: video_enabled }
}
