//! Descriptions of routes, derived from the types of their handlers.
//!
//! Each extractor is an [`Input`] and each response an [`Output`]; a handler made of these is [`Described`].
//! A handler with a type that has no description cannot be registered.

use crate::app::App;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use meeshy_wire::{ErrorCode, Schemas};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const JSON: &str = "application/json";

/// The description of a route, from the types of its handler.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// Its path parameters in order, and its query parameters.
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    /// By status, each possible content type with its schema.
    pub answers: BTreeMap<u16, BTreeMap<&'static str, Value>>,
    pub errors: BTreeSet<(u16, ErrorCode)>,
    /// Whether the handler authenticates the caller.
    pub takes_caller: bool,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub is_required: bool,
    pub schema: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

#[derive(Debug, Clone)]
pub struct RequestBody {
    pub schema: Value,
    /// The possible content types.
    pub forms: &'static [&'static str],
}

/// Collects the description of a route.
pub struct Describe<'a> {
    pub app: &'a App,
    pub schemas: &'a mut Schemas,
    pub operation: &'a mut Operation,
}

impl Describe<'_> {
    pub fn fails(&mut self, codes: &[ErrorCode]) {
        self.operation.errors.extend(codes.iter().map(|code| (code.status(), *code)));
    }

    /// Adds a path or query parameter.
    pub fn parameter(&mut self, place: Place, name: String, schema: Value, is_required: bool) {
        self.operation.parameters.push(Parameter { name, place, is_required, schema });
    }

    /// Adds a JSON request body.
    pub fn takes<T: JsonSchema>(&mut self) {
        self.operation.body = Some(RequestBody { schema: self.schemas.request::<T>(), forms: &[JSON] });
    }

    /// Adds a response.
    pub fn answers(&mut self, status: StatusCode, form: &'static str, schema: Value) {
        self.operation.answers.entry(status.as_u16()).or_default().insert(form, schema);
    }

    /// Adds a response without a body.
    pub fn answers_without_body(&mut self, status: StatusCode) {
        self.operation.answers.entry(status.as_u16()).or_default();
    }
}

/// A parameter of a handler.
pub trait Input {
    fn describe(to: &mut Describe<'_>);
}

/// The result of a handler.
pub trait Output {
    fn describe(to: &mut Describe<'_>);
}

/// A handler whose types describe it. `T` is as in [`Handler`](axum::handler::Handler).
pub trait Described<T> {
    fn describe(to: &mut Describe<'_>);
}

macro_rules! described {
    ($($input:ident)*) => {
        impl<F, Answer, M, O, $($input),*> Described<(M, $($input,)*)> for F
        where
            F: FnOnce($($input),*) -> Answer,
            Answer: Future<Output = O>,
            O: Output,
            $($input: Input),*
        {
            fn describe(to: &mut Describe<'_>) {
                $($input::describe(to);)*
                O::describe(to);
            }
        }
    };
}

described!();
described!(A);
described!(A B);
described!(A B C);
described!(A B C D);
described!(A B C D E);

impl Input for State<App> {
    fn describe(_: &mut Describe<'_>) {}
}

impl Input for HeaderMap {
    fn describe(_: &mut Describe<'_>) {}
}

impl<T: Output> Output for Result<T, crate::http::error::ApiError> {
    fn describe(to: &mut Describe<'_>) {
        T::describe(to);
        // Every call of `chat` can fail with these.
        to.fails(&[
            ErrorCode::ValidationError,
            ErrorCode::DatabaseError,
            ErrorCode::DatabaseUnavailable,
            ErrorCode::ServiceUnavailable,
            ErrorCode::StorageFull,
        ]);
    }
}
