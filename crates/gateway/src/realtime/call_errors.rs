//! How errors of events about calls are told: as `call:error`, with codes of their own.

use meeshy_wire::{CallError, ClientEvent, ErrorBody, ErrorCode};

/// The error of an event, if it is about a call.
pub fn call_error(event: &str, body: &ErrorBody) -> Option<CallError> {
    let kind = ClientEvent::of_name(event).filter(|_| event.starts_with("call:"))?;
    Some(CallError {
        code: code(kind, body.code),
        message: body.message.clone(),
        retry_after: body.retry_after,
        details: body.details.clone(),
    })
}

fn code(event: ClientEvent, code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::AuthRequired | ErrorCode::AuthFailed => ErrorCode::NotAuthenticated,
        ErrorCode::Forbidden => ErrorCode::PermissionDenied,
        ErrorCode::ConversationAccessDenied => ErrorCode::NotAParticipant,
        // The fault of the server.
        _ if code.status() >= 500 => match event {
            ClientEvent::CallSignal => ErrorCode::SignalFailed,
            ClientEvent::CallToggleAudio | ClientEvent::CallToggleVideo => ErrorCode::MediaToggleFailed,
            ClientEvent::CallForceLeave => ErrorCode::ForceLeaveError,
            _ => code,
        },
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_codes_that_its_clients_know() {
        let told =
            |event: &str, code| call_error(event, &ErrorBody::new(code, "why")).map(|error| error.code);
        let cases = [
            ("call:signal", ErrorCode::DatabaseUnavailable, ErrorCode::SignalFailed),
            ("call:toggle-video", ErrorCode::DatabaseError, ErrorCode::MediaToggleFailed),
            ("call:force-leave", ErrorCode::ServiceUnavailable, ErrorCode::ForceLeaveError),
            ("call:join", ErrorCode::DatabaseError, ErrorCode::DatabaseError),
            ("call:join", ErrorCode::AuthRequired, ErrorCode::NotAuthenticated),
            ("call:end", ErrorCode::Forbidden, ErrorCode::PermissionDenied),
            ("call:signal", ErrorCode::ValidationError, ErrorCode::ValidationError),
        ];
        for (event, code, expected) in cases {
            assert_eq!(told(event, code), Some(expected), "{event} {code}");
        }
        assert_eq!(told("call:nonsense", ErrorCode::UnknownEvent), None);
        assert_eq!(told("typing:start", ErrorCode::AuthRequired), None);
    }
}
