//! The routes and their access rules.

mod abuse_reports;
mod account_deletion;
mod auth;
mod avatars;
mod blocks;
mod calls;
mod categories;
mod communities;
mod community_members;
mod conversation_files;
mod conversation_preferences;
mod conversation_search;
mod conversations;
mod docs;
mod events;
mod export;
mod file_statuses;
mod files;
mod friends;
mod glossary;
mod glossary_proposals;
mod guests;
mod health;
mod languages;
mod libretranslate;
mod links;
mod mailed;
mod mentions;
mod message_search;
mod messages;
mod notifications;
mod overview;
mod own_deletions;
mod own_state;
mod participants;
mod passing_on;
mod personal;
mod phone_recovery;
mod phone_transfer;
mod phones;
mod preferences;
mod profiles;
mod push_devices;
mod reactions;
mod receipts;
mod reports;
mod resumable_uploads;
mod security;
mod sessions;
mod share_links;
mod translation;
mod uploads;
mod users;

pub use crate::api::access::Access;
pub use docs::Endpoint;
pub use health::operator_router;

use crate::api::Api;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::static_files;
use axum::Router;
use axum::extract::Request;
use meeshy_wire::ErrorCode;

fn declare(app: App) -> Api {
    Api::new(app)
        .group(auth::routes)
        .group(mailed::routes)
        .group(sessions::routes)
        .group(security::routes)
        .group(account_deletion::routes)
        .group(export::routes)
        .group(phones::routes)
        .group(phone_recovery::routes)
        .group(phone_transfer::routes)
        .group(users::routes)
        .group(profiles::routes)
        .group(avatars::routes)
        .group(friends::routes)
        .group(blocks::routes)
        .group(abuse_reports::routes)
        .group(push_devices::routes)
        .group(personal::routes)
        .group(notifications::routes)
        .group(preferences::routes)
        .group(own_state::routes)
        .group(categories::routes)
        .group(conversation_preferences::routes)
        .group(files::routes)
        .group(file_statuses::routes)
        .group(uploads::routes)
        .group(resumable_uploads::routes)
        .group(conversations::routes)
        .group(conversation_search::routes)
        .group(overview::routes)
        .group(own_deletions::routes)
        .group(participants::routes)
        .group(conversation_files::routes)
        .group(share_links::routes)
        .group(links::routes)
        .group(guests::routes)
        .group(calls::routes)
        .group(communities::routes)
        .group(community_members::routes)
        .group(messages::routes)
        .group(message_search::routes)
        .group(passing_on::routes)
        .group(reactions::routes)
        .group(receipts::routes)
        .group(mentions::routes)
        .group(events::routes)
        .group(glossary::routes)
        .group(glossary_proposals::routes)
        .group(reports::routes)
        .group(translation::routes)
        .group(libretranslate::routes)
        .group(languages::routes)
        .group(health::routes)
}

/// All routes: these, and those of the sockets, which authenticate themselves.
pub(crate) fn router(app: App, sockets: Router) -> Router {
    docs::routes(declare(app.clone()))
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
        docs::endpoints(docs::routes(declare(self.app.clone())))
    }

    /// The interface as OpenAPI 3.1.
    pub fn openapi(&self) -> serde_json::Value {
        docs::openapi(declare(self.app.clone()))
    }
}
