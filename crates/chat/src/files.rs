//! Files that hang on messages, and who may have them.

use crate::{Chat, ChatError};
use meeshy_domain::AttachmentId;
use meeshy_store::attachments::{self, Attachment};

/// A file to be given out.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedFile {
    /// Where it is in the folder of uploads.
    pub path: String,
    /// What it is, as the uploader's browser said. Not to be believed: see [`Self::is_harmless`].
    pub mime_type: String,
    /// Its name as the uploader had it.
    pub name: String,
}

impl ServedFile {
    /// Whether a browser that shows it runs nothing of it: a picture, sound, film or plain text. An SVG is a program.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        let (kind, form) = self.mime_type.split_once('/').unwrap_or_default();
        match kind {
            "image" => matches!(form, "png" | "jpeg" | "gif" | "webp" | "avif" | "heic" | "bmp"),
            "audio" | "video" => {
                form.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
            }
            "text" => form == "plain",
            _ => self.mime_type == "application/pdf",
        }
    }
}

impl Chat {
    /// A file by its path in the folder of uploads, or the path of its small picture. Whoever knows the path may have it, as
    /// the pages of the old clients need it (wire-contract 4, `/attachments/file/*`); nobody gets what is infected or was
    /// rejected, or a path that no attachment names.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such file, or nobody may have it.
    pub async fn file_at(&self, path: &str) -> Result<ServedFile, ChatError> {
        let wanted = path.to_owned();
        let found = self.inner.store.read(move |tx| attachments::find_by_path(tx, &wanted)).await?;
        let file = allowed(found)?;
        Ok(if file.file_path == path { original(file) } else { thumbnail(file)? })
    }

    /// A file by its id; or its small picture.
    ///
    /// # Errors
    /// As [`file_at`](Self::file_at).
    pub async fn file(&self, id: &str, small: bool) -> Result<ServedFile, ChatError> {
        let id: AttachmentId = id.parse().map_err(|_| missing())?;
        let file = allowed(self.inner.store.read(move |tx| attachments::find(tx, id)).await?)?;
        if small { thumbnail(file) } else { Ok(original(file)) }
    }
}

fn missing() -> ChatError {
    ChatError::NotFound { what: "attachment" }
}

fn allowed(found: Option<Attachment>) -> Result<Attachment, ChatError> {
    let is_forbidden = |file: &Attachment| {
        file.scan_status.as_deref() == Some("infected")
            || file.moderation_status.as_deref() == Some("rejected")
    };
    found.filter(|file| !is_forbidden(file)).ok_or_else(missing)
}

fn original(file: Attachment) -> ServedFile {
    ServedFile { path: file.file_path, mime_type: file.mime_type, name: file.original_name }
}

/// Small pictures are JPEG.
fn thumbnail(file: Attachment) -> Result<ServedFile, ChatError> {
    let path = file.thumbnail_path.ok_or_else(missing)?;
    Ok(ServedFile { path, mime_type: "image/jpeg".to_owned(), name: file.original_name })
}
