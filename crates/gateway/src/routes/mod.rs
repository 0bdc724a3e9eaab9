//! The routes, and who may call each of them.

mod auth;
mod conversations;
mod docs;
mod files;
mod glossary;
mod health;
mod languages;
mod libretranslate;
mod messages;
mod reports;
mod translation;
mod users;

pub use health::operator_router;

use crate::error::ApiError;
use crate::{App, static_files};
use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// Registered people.
    User,
    /// Registered people, who may name their token in the field `api_key` of the body.
    Key,
    /// Whoever follows a link with a signature, and those who may read the message it stands in.
    Link,
    /// The operator's tools, with the token of the metrics; nobody where none is set.
    Operator,
}

/// A route, for tests and for the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` for its variable parts.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// The name of the schema of its body.
    pub body: Option<&'static str>,
    /// The names of the parameters that its query may have.
    pub query: &'static [&'static str],
}

/// Routes being put together. There is no way to add one without saying who may call it.
pub(crate) struct Api {
    app: App,
    router: Router<App>,
    endpoints: Vec<Endpoint>,
}

impl Api {
    fn new(app: App) -> Self {
        Self { app, router: Router::new(), endpoints: Vec::new() }
    }

    /// What the routes will serve.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Adds a route for `GET`.
    pub fn get<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::GET, access, path, summary, get(handler))
    }

    /// Adds a route for `POST`.
    pub fn post<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, access, path, summary, post(handler))
    }

    /// Adds a route for `PUT`.
    pub fn put<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::PUT, access, path, summary, put(handler))
    }

    /// Adds a route for `PATCH`.
    pub fn patch<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::PATCH, access, path, summary, patch(handler))
    }

    /// Adds a route for `DELETE`.
    pub fn delete<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::DELETE, access, path, summary, delete(handler))
    }

    fn add(
        mut self,
        method: Method,
        access: Access,
        path: &str,
        summary: &'static str,
        route: MethodRouter<App>,
    ) -> Self {
        let route = match access {
            // What a link says is checked with what it leads to.
            Access::Anyone | Access::Link => route,
            Access::User => route.route_layer(from_fn_with_state(self.app.clone(), require_user)),
            Access::Operator => route.route_layer(from_fn_with_state(self.app.clone(), require_operator)),
            Access::Key => {
                route.route_layer(from_fn_with_state(self.app.clone(), libretranslate::require_key))
            }
        };
        self.router = self.router.route(path, route);
        let path = path.to_owned();
        self.endpoints.push(Endpoint { method, path, access, summary, body: None, query: &[] });
        self
    }

    /// Names the schema of the last route's body, for the documentation.
    pub fn body(mut self, schema: &'static str) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut() {
            endpoint.body = Some(schema);
        }
        self
    }

    /// Names the last route's query parameters, for the documentation.
    pub fn query(mut self, names: &'static [&'static str]) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut() {
            endpoint.query = names;
        }
        self
    }

    fn group(self, add: impl FnOnce(Self) -> Self) -> Self {
        add(self)
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

async fn require_operator(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.config.metrics_token.is_none() {
        let message = format!("{} is not served here", request.uri().path());
        return ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message).into_response();
    }
    if !app.is_operator(request.headers()) {
        return ApiError::authentication_required().into_response();
    }
    next.run(request).await
}

fn api(app: App) -> Api {
    Api::new(app)
        .group(auth::routes)
        .group(users::routes)
        .group(files::routes)
        .group(conversations::routes)
        .group(messages::routes)
        .group(glossary::routes)
        .group(reports::routes)
        .group(translation::routes)
        .group(libretranslate::routes)
        .group(languages::routes)
        .group(health::routes)
        .group(docs::routes)
}

/// All routes: these, and those of the sockets, which let in for themselves.
pub(crate) fn router(app: App, sockets: Router) -> Router {
    api(app.clone())
        .router
        .method_not_allowed_fallback(async |request: Request| {
            let message = format!("{} cannot be called with {}", request.uri().path(), request.method());
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        })
        .with_state(app)
        .merge(sockets)
        .fallback(static_files::fallback)
}

impl crate::Gateway {
    /// Every route with who may call it.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        api(self.app.clone()).endpoints
    }
}
