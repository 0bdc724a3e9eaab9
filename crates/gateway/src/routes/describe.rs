//! What a route takes and answers, as the types of its handler say it.
//!
//! Each extractor is an [`Input`] and each answer an [`Output`]; a handler that is made of these is [`Described`]. A type that
//! says nothing of itself makes a handler that cannot be registered.

use crate::App;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use meeshy_wire::{ErrorCode, Schemas};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const JSON: &str = "application/json";

/// What is known of a route from the types of its handler.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// The variable parts of its path, in order, and the fields of its query.
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    /// By status; each of the forms in which it may come, with its schema.
    pub answers: BTreeMap<u16, BTreeMap<&'static str, Value>>,
    pub errors: BTreeSet<(u16, ErrorCode)>,
    /// Whether the handler asks who calls.
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
}

#[derive(Debug, Clone)]
pub struct RequestBody {
    pub schema: Value,
    /// The forms in which it may come.
    pub forms: &'static [&'static str],
}

/// Where a route is described.
pub struct Describe<'a> {
    pub app: &'a App,
    pub schemas: &'a mut Schemas,
    pub operation: &'a mut Operation,
}

impl Describe<'_> {
    pub fn fails(&mut self, codes: &[ErrorCode]) {
        self.operation.errors.extend(codes.iter().map(|code| (code.status(), *code)));
    }

    /// It takes a field of the path or the query.
    pub fn parameter(&mut self, place: Place, name: String, schema: Value, is_required: bool) {
        self.operation.parameters.push(Parameter { name, place, is_required, schema });
    }

    /// It takes a body in JSON.
    pub fn takes<T: JsonSchema>(&mut self) {
        self.operation.body = Some(RequestBody { schema: self.schemas.request::<T>(), forms: &[JSON] });
    }

    /// It answers with this.
    pub fn answers(&mut self, status: StatusCode, form: &'static str, schema: Value) {
        self.operation.answers.entry(status.as_u16()).or_default().insert(form, schema);
    }

    /// It may answer with nothing but this.
    pub fn answers_without_body(&mut self, status: StatusCode) {
        self.operation.answers.entry(status.as_u16()).or_default();
    }
}

/// Something that a handler takes.
pub trait Input {
    fn describe(to: &mut Describe<'_>);
}

/// Something that a handler answers.
pub trait Output {
    fn describe(to: &mut Describe<'_>);
}

/// A handler whose types say what it takes and answers. `T` is as in [`Handler`](axum::handler::Handler).
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

impl<T: Output> Output for Result<T, crate::error::ApiError> {
    fn describe(to: &mut Describe<'_>) {
        T::describe(to);
        // What any call of `chat` may end with.
        to.fails(&[
            ErrorCode::ValidationError,
            ErrorCode::DatabaseError,
            ErrorCode::DatabaseUnavailable,
            ErrorCode::ServiceUnavailable,
            ErrorCode::StorageFull,
        ]);
    }
}
