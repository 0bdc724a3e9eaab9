//! Uploading files, and deleting them.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, Input, RequestBody};
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Acting, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, PathParam};
use crate::routes::files::FileRef;
use crate::views::attachment;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use meeshy_chat::{ChatError, Upload};
use meeshy_domain::limits;
use meeshy_wire::{ErrorCode, Notice, OneFile, UploadText, UploadedFiles};
use multer::{Field, Multipart};
use serde_json::{Value, json};

/// The name under which a text is uploaded.
const TEXT_NAME: &str = "text.txt";
/// The most fields of a request: each file, and what is said of it.
const MAX_FIELDS: usize = 2 * limits::UPLOADED_FILES;

pub fn routes(api: Api) -> Api {
    ["/api/v1/attachments", "/api/attachments"].into_iter().fold(api, |api, base| {
        let one = format!("{base}/{{attachment}}");
        api.post(Access::UserOrGuest, &format!("{base}/upload"), "Upload files", upload)
            .fails(&[ErrorCode::Forbidden])
            .post(Access::UserOrGuest, &format!("{base}/upload-text"), "Upload a text as a file", upload_text)
            .fails(&[ErrorCode::PayloadTooLarge, ErrorCode::Forbidden])
            .get(Access::User, &format!("{one}/metadata"), "What is known of a file", describe)
            .delete(Access::UserOrGuest, &one, "Delete a file, also from its message", delete)
            .fails(&[ErrorCode::Forbidden, ErrorCode::MessageNotFound])
    })
}

/// A form with files.
struct Form(Multipart<'static>);

impl FromRequest<App> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default());
        let boundary = boundary.map_err(|_| unreadable("expected multipart/form-data with files"))?;
        Ok(Self(Multipart::new(request.into_body().into_data_stream(), boundary)))
    }
}

impl Input for Form {
    fn describe(to: &mut Describe<'_>) {
        to.operation.body = Some(RequestBody {
            schema: json!({
                "type": "object",
                "examples": [{ "files": ["(the bytes of a file)"], "metadata_0": "{\"duration\": 4200}" }],
                "required": ["files"],
                "properties": {
                    "files": {
                        "description": "The files; other names are accepted as well.",
                        "type": "array",
                        "maxItems": limits::UPLOADED_FILES,
                        "items": { "type": "string", "format": "binary" },
                    },
                },
                "patternProperties": {
                    "^metadata_[0-9]+$": {
                        "description": "What the client says of the file with this number, counted from 0, as a \
                            JSON object: `duration` in milliseconds, and anything else.",
                        "type": "string",
                    },
                },
            }),
            forms: &["multipart/form-data"],
        });
        to.fails(&[ErrorCode::InvalidInput, ErrorCode::PayloadTooLarge]);
    }
}

async fn upload(
    State(app): State<App>,
    Acting(caller): Acting,
    Form(mut form): Form,
) -> Result<Answer<UploadedFiles>, ApiError> {
    let mut upload = app.chat.uploads().begin(caller.actor()).await?;
    let (mut said, mut left) = (Vec::new(), limits::FILE_METADATA_BYTES);
    for _ in 0..=MAX_FIELDS {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            return finish(upload, said).await;
        };
        if field.file_name().is_some() {
            receive(&mut upload, field).await?;
        } else if let Some(index) = field.name().and_then(|name| name.strip_prefix("metadata_")) {
            let index: Option<usize> = index.parse().ok().filter(|index| *index < limits::UPLOADED_FILES);
            let index =
                index.ok_or_else(|| invalid("metadata", "expected `metadata_` and the number of a file"))?;
            let text = text(field, &mut left).await?;
            let facts = meeshy_wire::from_json(&text)
                .map_err(|error| invalid("metadata", &format!("not valid JSON: {error}")))?;
            said.push((index, facts));
        } else {
            text(field, &mut left).await?;
        }
    }
    Err(invalid("files", &format!("expected at most {MAX_FIELDS} fields")))
}

async fn receive(upload: &mut Upload, mut field: Field<'static>) -> Result<(), ApiError> {
    let declared = field.content_type().map(ToString::to_string);
    upload.file(field.file_name(), declared.as_deref()).await?;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        upload.write(&chunk).await?;
    }
    Ok(())
}

/// A field that is no file. All of them together have `left` bytes.
async fn text(mut field: Field<'static>, left: &mut usize) -> Result<Vec<u8>, ApiError> {
    let too_large = || ApiError::new(ErrorCode::PayloadTooLarge, "the fields of the form are too large");
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        *left = left.checked_sub(chunk.len()).ok_or_else(too_large)?;
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

/// What is said of files may come before or after them.
async fn finish(mut upload: Upload, said: Vec<(usize, Value)>) -> Result<Answer<UploadedFiles>, ApiError> {
    for (index, facts) in said {
        upload.describe(index, facts);
    }
    let files = upload.finish().await?;
    Ok(Answer(UploadedFiles { attachments: files.iter().map(attachment).collect() }))
}

async fn upload_text(
    State(app): State<App>,
    Acting(caller): Acting,
    Body(body): Body<UploadText>,
) -> Result<Answer<OneFile>, ApiError> {
    let mut upload = app.chat.uploads().begin(caller.actor()).await?;
    upload.file(Some(TEXT_NAME), Some("text/plain")).await?;
    upload.write(body.content.as_bytes()).await?;
    let file = upload.finish().await?.pop().ok_or(ChatError::NotFound { what: "attachment" })?;
    Ok(Answer(OneFile { attachment: attachment(&file) }))
}

async fn describe(
    State(app): State<App>,
    User(caller): User,
    PathParam(FileRef(id)): PathParam<FileRef>,
) -> Result<Answer<OneFile>, ApiError> {
    let file = app.chat.files().describe(caller.user.id, &id).await?;
    Ok(Answer(OneFile { attachment: attachment(&file) }))
}

async fn delete(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(FileRef(id)): PathParam<FileRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.files().remove(caller.actor(), &id).await?;
    Ok(Answer(Notice { message: "Attachment deleted".to_owned() }))
}

fn invalid(field: &str, problem: &str) -> ApiError {
    ApiError::invalid(field, problem)
}

fn unreadable(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidInput, message)
}

/// The request ended early, or is no form.
fn broken(error: multer::Error) -> ApiError {
    unreadable(&format!("invalid form: {error}"))
}
