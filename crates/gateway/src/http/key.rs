//! Authentication of programs that send their token as an API key.

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::read;
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use meeshy_translation_api::libretranslate::Call;

/// Authenticates by a token in the headers, in the body or, as some LibreTranslate clients send it, in the
/// query; passes on the parsed request.
pub async fn require_key(State(app): State<App>, request: Request, next: Next) -> Response {
    match admit(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(app: &App, request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let content_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = read(Request::new(body), app.config.body_bytes).await?;
    let call = Call::read(content_type.as_deref(), parts.uri.query(), bytes.into()).await;
    let key = call.as_ref().ok().and_then(Call::api_key);
    let caller = app.authenticate_by_key(&parts.headers, key).await?;
    app.limiter.count_translations(caller.user.id, call.as_ref().map_or(1, Call::count))?;
    parts.extensions.insert(call?);
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

/// What [`require_key`] has read.
pub fn called(extensions: &mut Extensions) -> Result<Call, ApiError> {
    extensions.remove::<Call>().ok_or_else(ApiError::authentication_required)
}
