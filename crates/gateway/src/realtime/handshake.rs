//! The request that opens a socket, cut down to what is read of it later.
//!
//! It is kept for as long as the socket is, and its headers and address are slices of the connection's read buffer:
//! kept as they are, each socket would hold on to 16 KiB.

use crate::auth::SESSION_TOKEN;
use axum::extract::{OriginalUri, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, SEC_WEBSOCKET_KEY};
use axum::http::{HeaderMap, HeaderValue};

/// What the protocol and we read.
const KEPT: [HeaderName; 4] =
    [AUTHORIZATION, CONTENT_TYPE, SEC_WEBSOCKET_KEY, HeaderName::from_static(SESSION_TOKEN)];

/// Copies what is needed of a request to Socket.IO, and leaves other requests as they are.
pub async fn cut_down(mut request: Request) -> Request {
    if !request.uri().path().starts_with("/socket.io") {
        return request;
    }
    let mut headers = HeaderMap::with_capacity(KEPT.len());
    for name in KEPT {
        if let Some(copy) =
            request.headers().get(&name).and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        {
            headers.insert(name, copy);
        }
    }
    *request.headers_mut() = headers;
    if let Ok(copy) = request.uri().to_string().parse() {
        *request.uri_mut() = copy;
    }
    request.extensions_mut().remove::<OriginalUri>();
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(uri: &str) -> Request {
        let request = Request::builder().uri(uri).header(AUTHORIZATION, "Bearer x").header("cookie", "large");
        request.body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn sockets_keep_what_is_read_and_nothing_else() {
        let socket = cut_down(request("/socket.io/?EIO=4&token=x")).await;
        assert_eq!(socket.headers().keys().collect::<Vec<_>>(), [AUTHORIZATION]);
        assert_eq!(socket.uri(), "/socket.io/?EIO=4&token=x");
        let other = cut_down(request("/api/v1/auth/me")).await;
        assert_eq!(other.headers().len(), 2);
    }
}
