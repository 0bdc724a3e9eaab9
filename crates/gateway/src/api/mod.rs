//! Declarations of routes: who may call them, and the types from which their description is derived.

pub mod access;
pub mod describe;

use crate::app::App;
use access::Access;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use describe::{Describe, Described, Operation};
use meeshy_wire::{ErrorCode, Schemas};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A declared route.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub method: Method,
    /// With `{id}` for path parameters.
    pub path: String,
    pub access: Access,
    pub summary: &'static str,
    pub operation: Operation,
}

/// The router under construction. A route cannot be added without an access rule, nor with a handler whose
/// types have no schemas.
pub(crate) struct Api {
    app: App,
    router: Router<App>,
    pub(super) routes: Vec<Route>,
    pub(super) schemas: Schemas,
}

impl Api {
    pub fn new(app: App) -> Self {
        Self { app, router: Router::new(), routes: Vec::new(), schemas: Schemas::default() }
    }

    /// The state of the handlers.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Adds a `GET` route.
    pub fn get<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.add(Method::GET, access, path, summary, handler)
    }

    /// Adds a `POST` route.
    pub fn post<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.add(Method::POST, access, path, summary, handler)
    }

    /// Adds a `PUT` route.
    pub fn put<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.add(Method::PUT, access, path, summary, handler)
    }

    /// Adds a `PATCH` route.
    pub fn patch<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.add(Method::PATCH, access, path, summary, handler)
    }

    /// Adds a `DELETE` route.
    pub fn delete<H, T>(self, access: Access, path: &str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.add(Method::DELETE, access, path, summary, handler)
    }

    fn add<H, T>(
        mut self,
        method: Method,
        access: Access,
        path: &str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        let mut operation = Operation::default();
        let mut describe = Describe { app: &self.app, schemas: &mut self.schemas, operation: &mut operation };
        H::describe(&mut describe);
        describe.fails(access.refusals());
        // Every call can get these before it reaches its route.
        describe.fails(&[
            ErrorCode::OriginNotAllowed,
            ErrorCode::RateLimitExceeded,
            ErrorCode::InternalError,
        ]);
        // Each method that routes use has a filter.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        self.router = self.router.route(path, access.guard(on(filter, handler), &self.app));
        self.routes.push(Route { method, path: path.to_owned(), access, summary, operation });
        self
    }

    /// Declares further errors of the last route. An undeclared error panics in debug builds, so that the
    /// tests find it.
    pub fn fails(mut self, codes: &[ErrorCode]) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.operation.errors.extend(codes.iter().map(|code| (code.status(), *code)));
        }
        self
    }

    pub fn group(self, add: impl FnOnce(Self) -> Self) -> Self {
        add(self)
    }

    /// The router of all routes.
    pub fn into_router(self) -> Router<App> {
        if !cfg!(debug_assertions) {
            return self.router;
        }
        let errors = |route: Route| {
            let codes = route.operation.errors.into_iter().map(|(_, code)| code).collect();
            ((route.method, route.path), codes)
        };
        let declared: Declared = self.routes.into_iter().map(errors).collect();
        self.router.route_layer(from_fn_with_state(Arc::new(declared), refuse_undeclared))
    }
}

/// The declared errors of each route.
type Declared = HashMap<(Method, String), BTreeSet<ErrorCode>>;

async fn refuse_undeclared(
    State(declared): State<Arc<Declared>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let route = (request.method().clone(), path.as_str().to_owned());
    let response = next.run(request).await;
    if let (Some(code), Some(codes)) = (response.extensions().get::<ErrorCode>(), declared.get(&route)) {
        assert!(codes.contains(code), "{} {} fails with {code}, which it does not declare", route.0, route.1);
    }
    response
}
