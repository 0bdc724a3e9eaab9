//! Why a request of Engine.IO is refused.

use crate::packet::BadPacket;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is rejected, with the codes of Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    BadRequest,
    Binary,
    TooLarge,
    Stopping,
    UnknownVersion,
}

impl From<BadPacket> for Refusal {
    fn from(packet: BadPacket) -> Self {
        match packet {
            BadPacket::Malformed => Self::BadRequest,
            BadPacket::Binary => Self::Binary,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::UnknownSession => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::BadMethod => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::Binary => (StatusCode::BAD_REQUEST, 3, "Binary data is not supported"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 3, "Payload too large"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, 4, "The server is stopping"),
            Self::UnknownVersion => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
        };
        (status, Json(json!({ "code": code, "message": message }))).into_response()
    }
}
