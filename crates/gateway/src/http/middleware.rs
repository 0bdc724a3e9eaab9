//! The middleware of all routes: limits, origins, headers, panics.

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::{origins, telemetry};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use meeshy_wire::ErrorCode;
use std::any::Any;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The policy for our pages: nothing from elsewhere, no inline scripts. `connect-src` is added.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// How long browsers that have used TLS require it (RFC 6797): a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the layers to `router`, the last one outermost.
pub fn layers(router: Router, app: &App) -> Router {
    let router = router
        .layer(from_fn_with_state(app.clone(), limit_rest))
        .layer(from_fn_with_state(app.clone(), origins::check))
        .layer(from_fn_with_state(app.clone(), add_headers))
        .layer(cors(app))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(telemetry::request));
    // Around the router, because it changes the path by which that chooses the route.
    Router::new().fallback_service(router).layer(map_request(without_last_slash))
}

/// A path of the interface is the same with a slash at its end.
async fn without_last_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let Some(path) = uri.path().strip_suffix('/').filter(|path| path.starts_with("/api/")) else {
        return request;
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(shorter) = format!("{path}{query}").parse() {
        *request.uri_mut() = shorter;
    }
    request
}

/// Counts every API call for the account of its caller, or for its address, and returns the remaining number in headers.
async fn limit_rest(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let who = app.counted_as(request.headers(), request.extensions());
    let left = match app.limiter.count(app.limiter.limits.rest, &who) {
        Ok(left) => left,
        Err(too_many) => return ApiError::from(too_many).into_response(),
    };
    let mut response = next.run(request).await;
    if let Some(left) = left {
        let headers = response.headers_mut();
        // A narrower limit has already set them.
        headers.entry("x-ratelimit-limit").or_insert(left.calls.into());
        headers.entry("x-ratelimit-remaining").or_insert(left.remaining.into());
        headers.entry("x-ratelimit-reset").or_insert(left.reset_in.as_secs().into());
    }
    response
}

async fn add_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let config = &app.config;
    let is_over_tls = config.behind_tls || config.forwarding.is_https(request.headers());
    let policy = page_policy(origins::own_host(request.uri(), request.headers(), config));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_over_tls {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        // Responses that are the same for everybody set it themselves.
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The policy of a page requested from `host`. Older browsers do not include sockets in `'self'`.
fn page_policy(host: Option<String>) -> HeaderValue {
    let sockets = host.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"));
    HeaderValue::from_str(&format!("{PAGE_POLICY}; connect-src 'self'{sockets}"))
        .unwrap_or(HeaderValue::from_static(PAGE_POLICY))
}

/// What resumable uploads (tus 1.0) send and read.
const TUS_REQUEST_HEADERS: [&str; 4] = ["tus-resumable", "upload-length", "upload-metadata", "upload-offset"];
const TUS_RESPONSE_HEADERS: [&str; 5] =
    ["location", "tus-resumable", "upload-length", "upload-offset", "upload-expires"];

/// CORS headers for pages that may call.
fn cors(app: &App) -> CorsLayer {
    let config = app.config.clone();
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        origins::may_call(origin, &request.uri, &request.headers, &config)
    };
    let headers = ["x-session-token", "websocket", "polling"].into_iter().chain(TUS_REQUEST_HEADERS);
    let headers = headers.map(HeaderName::from_static);
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
        .expose_headers(TUS_RESPONSE_HEADERS.map(HeaderName::from_static))
        .max_age(Duration::from_secs(600))
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic hook has logged the message and location.
    tracing::error!("A request panicked: this is a bug");
    let message = "internal server error";
    ApiError::new(ErrorCode::InternalError, message).into_response()
}
