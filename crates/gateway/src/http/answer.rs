//! Success responses, in their envelope.

use crate::api::describe::{Describe, JSON, Output};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use meeshy_wire::{Page, Success};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The requested data.
pub struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Json(Success::new(self.0)).into_response()
    }
}

impl<T: JsonSchema> Output for Answer<T> {
    fn describe(to: &mut Describe<'_>) {
        let schema = to.schemas.answer::<Success<T>>();
        to.answers(StatusCode::OK, JSON, schema);
    }
}

/// The created object.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Answer(self.0)).into_response()
    }
}

impl<T: JsonSchema> Output for Created<T> {
    fn describe(to: &mut Describe<'_>) {
        let schema = to.schemas.answer::<Success<T>>();
        to.answers(StatusCode::CREATED, JSON, schema);
    }
}

/// A page of a list.
pub struct PageAnswer<T>(pub Page<T>);

impl<T: Serialize> IntoResponse for PageAnswer<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

impl<T: JsonSchema> Output for PageAnswer<T> {
    fn describe(to: &mut Describe<'_>) {
        Json::<Page<T>>::describe(to);
    }
}

/// A response without the envelope, or with an envelope of its own.
impl<T: JsonSchema> Output for Json<T> {
    fn describe(to: &mut Describe<'_>) {
        let schema = to.schemas.answer::<T>();
        to.answers(StatusCode::OK, JSON, schema);
    }
}

impl Output for Html<String> {
    fn describe(to: &mut Describe<'_>) {
        to.answers(StatusCode::OK, "text/html", json!({ "type": "string" }));
    }
}
