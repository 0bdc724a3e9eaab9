//! Files attached to messages, and who may download them.

use super::delete::delete_for_everybody;
use crate::ChatError;
use crate::access::{find_as_member, readable, viewer};
use crate::context::Context;
use crate::uploads::{remove_later, show_again};
use crate::views::{FileLinks, FileSignature, Views};
use meeshy_domain::{Actor, AttachmentId, FileKind, Permission, UserId, text};
use meeshy_store::attachments::{self, Attachment, ListedFile, Listing};
use meeshy_store::{Tx, messages, users};
use std::sync::Arc;

/// A file to serve.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedFile {
    /// Its path in the folder of uploads.
    pub path: String,
    /// Its type as given by the uploader's browser. Not to be trusted: see [`Self::is_harmless`].
    pub mime_type: String,
    /// Its name as given by the uploader.
    pub name: String,
}

impl ServedFile {
    /// Whether browsers may display it: see [`meeshy_media::is_harmless`].
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        meeshy_media::is_harmless(&self.mime_type)
    }
}

/// The requester of a file.
#[derive(Debug, Clone, Default)]
pub struct FileRequest {
    /// A signed-in user, or a guest.
    pub caller: Option<Actor>,
    /// The signature of the link.
    pub signature: Option<FileSignature>,
}

/// How the file was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// By id; ids are guessable.
    Id,
    /// By path; a path has a random part.
    Path,
}

/// The files attached to messages. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    pub(super) context: Arc<Context>,
    links: Arc<FileLinks>,
    views: Views,
    /// Whether a file is served to whoever knows its path.
    unsigned_paths: bool,
}

impl Files {
    pub(crate) fn new(
        context: Arc<Context>,
        links: Arc<FileLinks>,
        views: Views,
        unsigned_paths: bool,
    ) -> Self {
        Self { context, links, views, unsigned_paths }
    }

    /// A file by its path in the folder of uploads, or by the path of its thumbnail.
    ///
    /// # Errors
    /// As [`get`](Self::get). Without a caller and a signature, the path is enough if
    /// [`unsigned_file_paths`](crate::Settings::unsigned_file_paths) allows it.
    pub async fn at_path(&self, path: &str, request: FileRequest) -> Result<ServedFile, ChatError> {
        // No file has such a name, and PostgreSQL rejects it.
        if path.contains('\0') {
            return Err(missing());
        }
        let (service, wanted) = (self.clone(), path.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let found = attachments::with_path(tx, &wanted)?;
            // Whoever may see one of the copies may have the bytes, unless they are forbidden.
            let is_forbidden = found.iter().any(is_forbidden);
            let mut outcome = service.allowed(tx, None, &request, Naming::Path);
            for file in found.into_iter().filter(|_| !is_forbidden) {
                if outcome.is_err() {
                    outcome = service.allowed(tx, Some(file), &request, Naming::Path);
                }
            }
            outcome
        };
        let file = self.context.store.read(read).await?;
        Ok(if file.file_path == path { original(file) } else { thumbnail(file)? })
    }

    /// A file by its id, or its thumbnail. It is served to users who may read its message and to holders of a
    /// signed link. Infected and rejected files are never served.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such file or the caller may not see it;
    /// [`ChatError::Unauthenticated`] when it needs a link or an account.
    pub async fn get(&self, id: &str, small: bool, request: FileRequest) -> Result<ServedFile, ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let read = move |tx: &mut Tx<'_>| service.find(tx, &id, &request);
        let file = self.context.store.read(read).await?;
        if small { thumbnail(file) } else { Ok(original(file)) }
    }

    /// Files of a conversation that the caller sees, the newest first, and whether there are more. What is encrypted or can
    /// be viewed only once is left out.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn of_conversation(
        &self,
        caller: UserId,
        reference: &str,
        kind: Option<FileKind>,
        (limit, offset): (i64, i64),
    ) -> Result<(Vec<Attachment>, bool), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?.id;
            let viewer = service.context.viewer(tx, caller)?;
            let listing = Listing { conversation, kind, limit: limit.saturating_add(1), offset };
            let mut found = tx.fetch(attachments::list(listing, &viewer))?;
            let limit = usize::try_from(limit).unwrap_or(0);
            let has_more = found.len() > limit;
            found.truncate(limit);
            let now = viewer.now();
            let shown = |listed: ListedFile| {
                let is_blurred = listed.file.is_blurred || listed.is_message_blurred;
                service.links.linked(Attachment { is_blurred, ..listed.file }, now)
            };
            Ok::<_, ChatError>((found.into_iter().map(shown).collect(), has_more))
        };
        self.context.store.read(read).await
    }

    /// What is known of a file that the caller may open.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is none.
    pub async fn describe(&self, caller: UserId, id: &str) -> Result<Attachment, ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let request = FileRequest { caller: Some(caller.into()), signature: None };
        let read = move |tx: &mut Tx<'_>| {
            let file = service.find(tx, &id, &request)?;
            Ok(service.links.linked(file, service.context.now()))
        };
        self.context.store.read(read).await
    }

    /// Removes a file of the caller, also from its message. A message that consists of nothing else is deleted.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when the caller cannot see such a file; [`ChatError::Forbidden`] when somebody else
    /// has uploaded it, and the caller is no administrator of the server.
    pub async fn remove(&self, caller: impl Into<Actor>, id: &str) -> Result<(), ChatError> {
        let (service, id, caller) = (self.clone(), id.parse::<AttachmentId>().ok(), caller.into());
        let write = move |tx: &mut Tx<'_>| {
            let found = id.map(|id| attachments::find(tx, id)).transpose()?.flatten();
            let file = found.ok_or_else(missing)?;
            if !file.is_by(caller) && !may_manage(tx, caller)? {
                let request = FileRequest { caller: Some(caller), signature: None };
                service.allowed(tx, Some(file), &request, Naming::Id)?;
                return Err(ChatError::Forbidden("only who has uploaded a file can delete it".into()));
            }
            let paths = attachments::remove(tx, file.id)?;
            remove_later(tx, &paths)?;
            let Some(message) = file.message_id else { return Ok(()) };
            let (message, left) =
                tx.fetch((messages::find(message), attachments::of_messages(&[message])))?;
            match message {
                Some(message) if left.is_empty() && !text::is_visible(&message.content) => {
                    delete_for_everybody(tx, &service.context, message.id).map(drop)
                }
                Some(message) => show_again(tx, &service.context, &service.views, message.id),
                None => Ok(()),
            }
        };
        self.context.store.write(write).await
    }

    /// Whether a file is served to whoever knows its path.
    pub fn are_served_by_path(&self) -> bool {
        self.unsigned_paths
    }

    /// The file with this id, if the requester may see it.
    pub(super) fn find(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        request: &FileRequest,
    ) -> Result<Attachment, ChatError> {
        let id = id.parse::<AttachmentId>().ok();
        let found = id.map(|id| attachments::find(tx, id)).transpose()?.flatten();
        self.allowed(tx, found, request, Naming::Id)
    }

    fn allowed(
        &self,
        tx: &mut Tx<'_>,
        found: Option<Attachment>,
        request: &FileRequest,
        naming: Naming,
    ) -> Result<Attachment, ChatError> {
        // Requests without credentials do not even learn which files exist.
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
            .is_some_and(|shown| self.links.is_valid(shown, file.id, self.context.now()));
        let is_open = is_linked || (naming == Naming::Path && self.unsigned_paths);
        let may_have = self.is_shown(tx, &file, request.caller, is_open)?;
        if may_have { Ok(file) } else { Err(refused()) }
    }

    /// Whether the caller may see a file; for an open one, whoever can read its message.
    fn is_shown(
        &self,
        tx: &mut Tx<'_>,
        file: &Attachment,
        caller: Option<Actor>,
        is_open: bool,
    ) -> Result<bool, ChatError> {
        let user = caller.and_then(Actor::user);
        if file.concealed(user).is_some() {
            return Ok(false);
        }
        if file.is_picture {
            return Ok(true);
        }
        let Some(id) = file.message_id else {
            // Until it is sent, a file is visible to its uploader only.
            return Ok(caller.is_some_and(|caller| file.is_by(caller)));
        };
        let now = self.context.now();
        let seen = match caller {
            // Whoever has a link need not be a member.
            Some(caller) if is_open => {
                let viewer = viewer(tx, caller, now)?;
                messages::find_seen(tx, id, &viewer)?
            }
            Some(caller) => match readable(tx, caller, id, now) {
                Ok(message) => Some(message),
                Err(ChatError::NotFound { .. }) => None,
                Err(error) => return Err(error),
            },
            None if is_open => messages::find_seen(tx, id, &self.context.everybody())?,
            None => None,
        };
        Ok(seen.is_some_and(|message| message.concealed(user).is_none()))
    }
}

/// Whether somebody manages the users of the server.
fn may_manage(tx: &mut Tx<'_>, caller: Actor) -> Result<bool, ChatError> {
    let Some(user) = caller.user() else { return Ok(false) };
    let user = tx.fetch(users::find(user))?.ok_or_else(missing)?;
    Ok(user.role.allows(Permission::ManageUsers))
}

pub(super) fn missing() -> ChatError {
    ChatError::NotFound { what: "attachment" }
}

fn is_forbidden(file: &Attachment) -> bool {
    file.scan_status.as_deref() == Some("infected") || file.moderation_status.as_deref() == Some("rejected")
}

fn original(file: Attachment) -> ServedFile {
    ServedFile { path: file.file_path, mime_type: file.mime_type, name: file.original_name }
}

/// Thumbnails are JPEG.
fn thumbnail(file: Attachment) -> Result<ServedFile, ChatError> {
    let path = file.thumbnail_path.ok_or_else(missing)?;
    Ok(ServedFile { path, mime_type: "image/jpeg".to_owned(), name: file.original_name })
}
