//! Files that hang on messages, and who may have them.

use crate::{Chat, ChatError, FileSignature};
use meeshy_domain::{AttachmentId, UserId};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::{Tx, members, messages};

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

/// Who asks for a file.
#[derive(Debug, Clone, Default)]
pub struct FileRequest {
    /// Somebody who is signed in.
    pub caller: Option<UserId>,
    /// The signature of the link that was followed.
    pub signature: Option<FileSignature>,
}

/// How the file was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Ids can be counted up.
    Id,
    /// A path has a random part.
    Path,
}

impl Chat {
    /// A file by its path in the folder of uploads, or the path of its small picture.
    ///
    /// # Errors
    /// As [`file`](Self::file); without a caller and a signature, the path is enough where
    /// [`unsigned_file_paths`](crate::Settings::unsigned_file_paths) says so.
    pub async fn file_at(&self, path: &str, request: FileRequest) -> Result<ServedFile, ChatError> {
        // No file has such a name, and no database takes it.
        if path.contains('\0') {
            return Err(missing());
        }
        let (chat, wanted) = (self.clone(), path.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let found = attachments::find_by_path(tx, &wanted)?;
            chat.allowed(tx, found, &request, Naming::Path)
        };
        let file = self.inner.store.read(read).await?;
        Ok(if file.file_path == path { original(file) } else { thumbnail(file)? })
    }

    /// A file by its id; or its small picture. It is for those who may read its message and for those who follow a link
    /// that was made for them; nobody gets what is infected or was rejected.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such file, or the caller may not have it;
    /// [`ChatError::Unauthenticated`] when nobody may have it without a link or an account.
    pub async fn file(&self, id: &str, small: bool, request: FileRequest) -> Result<ServedFile, ChatError> {
        let (chat, id) = (self.clone(), id.parse::<AttachmentId>().ok());
        let read = move |tx: &mut Tx<'_>| {
            let found = id.map(|id| attachments::find(tx, id)).transpose()?.flatten();
            chat.allowed(tx, found, &request, Naming::Id)
        };
        let file = self.inner.store.read(read).await?;
        if small { thumbnail(file) } else { Ok(original(file)) }
    }

    /// Whether a file is given to whoever knows its path.
    pub fn gives_files_by_path(&self) -> bool {
        self.inner.settings.unsigned_file_paths
    }

    fn allowed(
        &self,
        tx: &mut Tx<'_>,
        found: Option<Attachment>,
        request: &FileRequest,
        naming: Naming,
    ) -> Result<Attachment, ChatError> {
        // Whoever shows nothing does not even learn which files there are.
        let refused = || match request.caller {
            None if naming == Naming::Id => {
                ChatError::Unauthenticated("sign in, or follow the link of a message".into())
            }
            _ => missing(),
        };
        let file = found.filter(|file| !is_forbidden(file)).ok_or_else(refused)?;
        let is_linked = request
            .signature
            .as_ref()
            .is_some_and(|shown| self.inner.file_links.is_valid(shown, file.id, self.now()));
        let is_open = is_linked || (naming == Naming::Path && self.inner.settings.unsigned_file_paths);
        let may_have = self.is_shown(tx, &file, request.caller, is_open)?;
        if may_have { Ok(file) } else { Err(refused()) }
    }

    /// Whether the caller sees a file, or, of one that is open, everybody who reads its message.
    fn is_shown(
        &self,
        tx: &mut Tx<'_>,
        file: &Attachment,
        caller: Option<UserId>,
        is_open: bool,
    ) -> Result<bool, ChatError> {
        if file.concealed(caller).is_some() {
            return Ok(false);
        }
        let Some(id) = file.message_id else {
            // Until it is sent, a file is its uploader's.
            return Ok(
                !file.is_anonymous && caller.is_some_and(|caller| caller.to_string() == file.uploaded_by)
            );
        };
        let viewer = match caller {
            Some(caller) => self.viewer(tx, caller)?,
            None => self.everybody(),
        };
        let seen = messages::find_seen(tx, id, &viewer)?;
        let Some(message) = seen.filter(|message| message.concealed(caller).is_none()) else {
            return Ok(false);
        };
        match caller {
            _ if is_open => Ok(true),
            Some(caller) => Ok(members::is_member(tx, message.conversation_id, caller)?),
            None => Ok(false),
        }
    }
}

fn missing() -> ChatError {
    ChatError::NotFound { what: "attachment" }
}

fn is_forbidden(file: &Attachment) -> bool {
    file.scan_status.as_deref() == Some("infected") || file.moderation_status.as_deref() == Some("rejected")
}

fn original(file: Attachment) -> ServedFile {
    ServedFile { path: file.file_path, mime_type: file.mime_type, name: file.original_name }
}

/// Small pictures are JPEG.
fn thumbnail(file: Attachment) -> Result<ServedFile, ChatError> {
    let path = file.thumbnail_path.ok_or_else(missing)?;
    Ok(ServedFile { path, mime_type: "image/jpeg".to_owned(), name: file.original_name })
}
