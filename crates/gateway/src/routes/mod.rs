//! The routes and their access rules.

mod access;
mod api;
mod auth;
mod conversations;
pub(crate) mod describe;
mod docs;
mod events;
mod files;
mod glossary;
mod health;
mod key;
mod languages;
mod libretranslate;
mod messages;
mod reports;
mod translation;
mod users;

pub use access::Access;
pub use docs::Endpoint;
pub use health::operator_router;

use crate::app::App;
use crate::error::ApiError;
use crate::static_files;
use api::Api;
use axum::Router;
use axum::extract::Request;
use meeshy_wire::ErrorCode;

fn api(app: App) -> Api {
    Api::new(app)
        .group(auth::routes)
        .group(users::routes)
        .group(files::routes)
        .group(conversations::routes)
        .group(messages::routes)
        .group(events::routes)
        .group(glossary::routes)
        .group(reports::routes)
        .group(translation::routes)
        .group(libretranslate::routes)
        .group(languages::routes)
        .group(health::routes)
}

/// All routes: these, and those of the sockets, which authenticate themselves.
pub(crate) fn router(app: App, sockets: Router) -> Router {
    docs::routes(api(app.clone()))
        .into_router()
        .method_not_allowed_fallback(async |request: Request| {
            let message = format!("{} cannot be called with {}", request.uri().path(), request.method());
            ApiError::new(ErrorCode::MethodNotAllowed, message)
        })
        .with_state(app)
        .merge(sockets)
        .fallback(static_files::fallback)
}

impl crate::Gateway {
    /// Every route, as it was declared.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        docs::endpoints(docs::routes(api(self.app.clone())))
    }

    /// The interface as OpenAPI 3.1.
    pub fn openapi(&self) -> serde_json::Value {
        docs::openapi(api(self.app.clone()))
    }
}
