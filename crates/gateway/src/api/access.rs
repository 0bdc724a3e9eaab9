//! The access rules of routes.

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::key;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use meeshy_domain::{MemberRole, Permission};
use meeshy_wire::ErrorCode;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Every signed-in user.
    User,
    /// Every signed-in user, and every guest.
    UserOrGuest,
    /// Users whose role on the server has this permission.
    Permission(Permission),
    /// Members of the conversation in the path, with at least this role in it. Checked by `chat`, in the
    /// transaction of the operation.
    Member(MemberRole),
    /// Members and guests of the conversation in the path. Checked by `chat`.
    Participant,
    /// The author of the message in the path, and moderators of the server who are members of its
    /// conversation. Checked by `chat`.
    Author,
    /// The author of the message in the path, and moderators of its conversation or of the server in it. Checked by
    /// `chat`.
    AuthorOrModerator,
    /// Users, who may send their token in the field `api_key` of the body.
    Key,
    /// Holders of a signed link, and users who may read its message.
    Link,
    /// The operator, with the metrics token; nobody if none is configured.
    Operator,
}

/// The security scheme, as OpenAPI names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    None,
    Person,
    Operator,
}

impl Access {
    /// A description in words.
    pub fn describe(self) -> String {
        match self {
            Self::Anyone => "everybody".to_owned(),
            Self::User | Self::Key => "users".to_owned(),
            Self::UserOrGuest => "users and guests".to_owned(),
            Self::Participant => "members and guests of the conversation".to_owned(),
            Self::Permission(permission) => format!("users with the permission {permission}"),
            Self::Member(MemberRole::Member) => "members of the conversation".to_owned(),
            Self::Member(role) => format!("members of the conversation with the role {role} or higher"),
            Self::Author => {
                "the author of the message, and moderators of the server in its conversation".to_owned()
            }
            Self::AuthorOrModerator => {
                "the author of the message, and moderators of its conversation or of the server in it"
                    .to_owned()
            }
            Self::Link => "holders of a signed link, or users who can read the message".to_owned(),
            Self::Operator => "the operator".to_owned(),
        }
    }

    pub(crate) fn credentials(self) -> Credentials {
        match self {
            Self::Anyone | Self::Link => Credentials::None,
            Self::User
            | Self::UserOrGuest
            | Self::Permission(_)
            | Self::Member(_)
            | Self::Participant
            | Self::Author
            | Self::AuthorOrModerator
            | Self::Key => Credentials::Person,
            Self::Operator => Credentials::Operator,
        }
    }

    /// Returns the error for callers without access, before the handler is called.
    pub(super) fn refusals(self) -> &'static [ErrorCode] {
        match self {
            Self::Anyone | Self::Link => &[],
            Self::UserOrGuest | Self::Participant => {
                &[ErrorCode::AuthRequired, ErrorCode::AuthFailed, ErrorCode::LinkClosed]
            }
            // Guests are forbidden what is for users.
            Self::User | Self::Permission(_) | Self::Member(_) | Self::Key => {
                &[ErrorCode::AuthRequired, ErrorCode::AuthFailed, ErrorCode::Forbidden]
            }
            Self::Author | Self::AuthorOrModerator => {
                &[ErrorCode::AuthRequired, ErrorCode::AuthFailed, ErrorCode::Forbidden, ErrorCode::LinkClosed]
            }
            Self::Operator => &[ErrorCode::AuthRequired, ErrorCode::NotFound],
        }
    }

    /// Middleware that rejects callers without access.
    pub(super) fn guard(self, route: MethodRouter<App>, app: &App) -> MethodRouter<App> {
        let app = app.clone();
        match self {
            // The signature is checked by the handler.
            Self::Anyone | Self::Link => route,
            Self::User | Self::Member(_) => route.route_layer(from_fn_with_state(app, require_user)),
            Self::UserOrGuest | Self::Participant | Self::Author | Self::AuthorOrModerator => {
                route.route_layer(from_fn_with_state(app, require_participant))
            }
            Self::Permission(permission) => {
                route.route_layer(from_fn_with_state((app, permission), require_permission))
            }
            Self::Operator => route.route_layer(from_fn_with_state(app, require_operator)),
            Self::Key => route.route_layer(from_fn_with_state(app, key::require_key)),
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

async fn require_participant(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match app.authenticate_participant(request.headers()).await {
        Ok(participant) => {
            request.extensions_mut().insert(participant);
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
        let message = format!("{} was not found", request.uri().path());
        return ApiError::new(ErrorCode::NotFound, message).into_response();
    }
    if !app.is_operator(request.headers()) {
        return ApiError::authentication_required().into_response();
    }
    next.run(request).await
}
