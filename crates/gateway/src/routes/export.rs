//! Everything that belongs to the caller, as a file.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, JSON, Output};
use crate::app::App;
use crate::export::{Document, Form, entries};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::Params;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use meeshy_chat::{ChatError, Export};
use meeshy_domain::UserId;
use meeshy_wire::{ErrorCode, Iso};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What a page that was saved may do: nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/me/export", "Everything that belongs to the caller, as a file", export)
        .fails(&[ErrorCode::UserNotFound])
}

/// The form of a file.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FileForm {
    #[default]
    Json,
    Html,
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// `json` for programs (the default), `html` for people.
    #[serde(default)]
    format: FileForm,
}

/// A file that is written while it is sent.
struct File(Response);

impl IntoResponse for File {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for File {
    fn describe(to: &mut Describe<'_>) {
        to.answers(StatusCode::OK, JSON, json!({ "type": "object" }));
        to.answers(StatusCode::OK, "text/html", json!({ "type": "string" }));
    }
}

async fn export(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Asked>,
) -> Result<File, ApiError> {
    app.count_guess(&[(app.limiter.limits.exports, &caller.user.id.to_string())]).await?;
    let (form, content_type, name) = match asked.format {
        FileForm::Json => (Form::Json, "application/json", "meeshy.json"),
        FileForm::Html => (Form::Html, "text/html; charset=utf-8", "meeshy.html"),
    };
    let document = Document::new(form, caller.user.languages.system_language);
    let beginning = document.beginning(&Iso(app.chat.now()).to_string());
    let writing = Writing {
        user: caller.user.id,
        export: app.chat.exports().begin(caller.user.id),
        document,
        first: Some(beginning),
        is_done: false,
    };
    let headers = [
        (CONTENT_TYPE, content_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok(File((headers, Body::from_stream(writing.stream())).into_response()))
}

/// A document and what it is written from.
struct Writing {
    user: UserId,
    export: Export,
    document: Document,
    first: Option<String>,
    is_done: bool,
}

impl Writing {
    /// The next pages are only read when the ones before were sent. An error ends the connection, so that nobody takes
    /// half of the file for all of it.
    fn stream(self) -> impl Stream<Item = Result<Bytes, ChatError>> {
        stream::try_unfold(self, async |mut writing: Self| {
            Ok(writing.next().await?.map(|text| (Bytes::from(text), writing)))
        })
    }

    async fn next(&mut self) -> Result<Option<String>, ChatError> {
        if let Some(beginning) = self.first.take() {
            return Ok(Some(beginning));
        }
        if self.is_done {
            return Ok(None);
        }
        let part = self.export.next().await.inspect_err(|error| {
            tracing::error!(%error, user = %self.user, "An export broke off");
        })?;
        let Some(part) = part else {
            self.is_done = true;
            return Ok(Some(self.document.end()));
        };
        let (section, entries) = entries(self.user, part);
        Ok(Some(self.document.add(section, &entries)))
    }
}
