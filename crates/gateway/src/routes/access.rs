//! Who may call a route.

use super::libretranslate;
use crate::App;
use crate::error::ApiError;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use meeshy_domain::{MemberRole, Permission};
use meeshy_wire::ErrorCode;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// Registered people.
    User,
    /// Registered people whose role on the site has this permission.
    Permission(Permission),
    /// Members of the conversation that the path leads to, with at least this role in it. `chat` decides, in the transaction
    /// that does what was asked for.
    Member(MemberRole),
    /// Who wrote the message that the path leads to, and moderators of the site who are in its conversation. `chat` decides.
    Author,
    /// Registered people, who may name their token in the field `api_key` of the body.
    Key,
    /// Whoever follows a link with a signature, and those who may read the message it stands in.
    Link,
    /// The operator's tools, with the token of the metrics; nobody where none is set.
    Operator,
}

/// How a caller shows who calls, as OpenAPI names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials {
    None,
    Person,
    Operator,
}

impl Access {
    /// In words.
    pub fn describe(self) -> String {
        match self {
            Self::Anyone => "anybody".to_owned(),
            Self::User | Self::Key => "registered people".to_owned(),
            Self::Permission(permission) => format!("registered people with the permission {permission}"),
            Self::Member(MemberRole::Member) => "members of the conversation".to_owned(),
            Self::Member(role) => format!("members of the conversation from {role} up"),
            Self::Author => {
                "the author of the message, and moderators of the site in its conversation".to_owned()
            }
            Self::Link => "who follows a signed link, or may read the message".to_owned(),
            Self::Operator => "the operator's tools".to_owned(),
        }
    }

    pub(super) fn credentials(self) -> Credentials {
        match self {
            Self::Anyone | Self::Link => Credentials::None,
            Self::User | Self::Permission(_) | Self::Member(_) | Self::Author | Self::Key => {
                Credentials::Person
            }
            Self::Operator => Credentials::Operator,
        }
    }

    /// What who may not call is told, before the handler is reached.
    pub(super) fn refusals(self) -> &'static [ErrorCode] {
        match self {
            Self::Anyone | Self::Link => &[],
            Self::User | Self::Member(_) | Self::Key => &[ErrorCode::AuthRequired, ErrorCode::AuthFailed],
            Self::Permission(_) | Self::Author => {
                &[ErrorCode::AuthRequired, ErrorCode::AuthFailed, ErrorCode::Forbidden]
            }
            Self::Operator => &[ErrorCode::AuthRequired, ErrorCode::NotFound],
        }
    }

    /// Lets in only who may call.
    pub(super) fn guard(self, route: MethodRouter<App>, app: &App) -> MethodRouter<App> {
        let app = app.clone();
        match self {
            // What a link says is checked with what it leads to.
            Self::Anyone | Self::Link => route,
            Self::User | Self::Member(_) | Self::Author => {
                route.route_layer(from_fn_with_state(app, require_user))
            }
            Self::Permission(permission) => {
                route.route_layer(from_fn_with_state((app, permission), require_permission))
            }
            Self::Operator => route.route_layer(from_fn_with_state(app, require_operator)),
            Self::Key => route.route_layer(from_fn_with_state(app, libretranslate::require_key)),
        }
    }
}

async fn require_user(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match app.authenticate(request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn require_permission(
    State((app, permission)): State<(App, Permission)>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = app.authenticate(request.headers()).await;
    let caller = caller.and_then(|caller| {
        caller.require(permission)?;
        Ok(caller)
    });
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn require_operator(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.config.metrics_token.is_none() {
        let message = format!("{} is not served here", request.uri().path());
        return ApiError::new(ErrorCode::NotFound, message).into_response();
    }
    if !app.is_operator(request.headers()) {
        return ApiError::authentication_required().into_response();
    }
    next.run(request).await
}
