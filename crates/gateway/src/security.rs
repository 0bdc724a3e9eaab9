//! The layers around all routes: limits, origins, headers, panics.

use crate::auth::{address, counted_as};
use crate::error::ApiError;
use crate::{App, observe};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// What a page of ours may do: nothing from elsewhere, no inline scripts.
const PAGE_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; \
    style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Puts the layers around `router`, the last one outermost.
pub fn layers(router: Router, app: &App) -> Router {
    router
        .layer(from_fn_with_state(app.clone(), limit_rest))
        .layer(from_fn(add_headers))
        .layer(cors(app))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(observe::request))
}

/// Counts every call of the interface, and says in headers how many are left.
async fn limit_rest(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let address = address(request.headers(), request.extensions(), &app.config);
    let left = match app.limiter.count(app.limiter.limits.rest, &counted_as(address)) {
        Ok(left) => left,
        Err(too_many) => return ApiError::from(too_many).into_response(),
    };
    let mut response = next.run(request).await;
    if let Some(left) = left {
        let headers = response.headers_mut();
        // A narrower limit has spoken where there is one.
        headers.entry("x-ratelimit-limit").or_insert(left.calls.into());
        headers.entry("x-ratelimit-remaining").or_insert(left.remaining.into());
        headers.entry("x-ratelimit-reset").or_insert(left.reset_in.as_secs().into());
    }
    response
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// wire-contract 1.2: listed origins may call REST; sockets carry their credentials themselves, so any origin may.
fn cors(app: &App) -> CorsLayer {
    let config = app.config.clone();
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        request.uri.path().starts_with("/socket.io")
            || config.allowed_origins.iter().any(|allowed| origin == allowed.as_str())
    };
    let headers = ["x-session-token", "websocket", "polling"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE].into_iter().chain(headers).collect::<Vec<_>>())
        .max_age(Duration::from_secs(600))
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic hook has written down what and where.
    tracing::error!("A request panicked: this is a bug");
    let message = "something went wrong on our side";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message).into_response()
}
