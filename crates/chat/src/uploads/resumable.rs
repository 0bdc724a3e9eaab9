//! Files that are received in parts: an upload that breaks off continues where it was.
//!
//! How much was received is the size of the file on disk. Whoever appends to it locks it, so that two requests never mix.

use super::file_jobs::{DISCARD, Discarded, UNSENT_KEPT, remove_later};
use super::{Arriving, Uploads, naming, used};
use crate::ChatError;
use meeshy_domain::{AttachmentId, Timestamp, UserId, limits};
use meeshy_media::Incoming;
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::resumable_uploads::{self as table, ResumableUpload};
use meeshy_store::{StoreError, Tx, attempts};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// How often it is tried to cancel an upload that is locked, and the pause between two attempts.
const CANCEL_ATTEMPTS: u32 = 40;
const CANCEL_PAUSE: Duration = Duration::from_millis(50);

/// A file that a user begins to send.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its name on the uploader's device.
    pub name: Option<String>,
    /// Its MIME type according to the uploader.
    pub declared_type: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// What the uploader says of it otherwise, as JSON.
    pub facts: Option<serde_json::Value>,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadProgress {
    /// The upload, and later the file.
    pub id: AttachmentId,
    /// The number of bytes received; all of them if the file is complete.
    pub received: u64,
    /// The size of the file, in bytes.
    pub size: u64,
    /// Until when it has to be complete; `None` if it is.
    pub expires_at: Option<Timestamp>,
}

impl Uploads {
    /// Begins an upload in parts. It has to be complete within a day.
    ///
    /// # Errors
    /// [`ChatError::TooLarge`] when the file is too large, or the quota has no room for it; [`ChatError::InvalidOperation`]
    /// when too many other uploads are not complete.
    pub async fn begin_resumable(&self, caller: UserId, new: NewUpload) -> Result<UploadProgress, ChatError> {
        let name = naming::shown_name(new.name.as_deref());
        if new.size > self.settings.file_bytes {
            return Err(self.file_is_too_large(&name));
        }
        let (id, now): (AttachmentId, _) = (self.context.new_id(), self.context.now());
        let path = naming::path(caller.into(), &name, &self.context.secrets.hex(16), now);
        let upload = ResumableUpload {
            id,
            uploaded_by: caller,
            original_name: name,
            declared_type: new.declared_type,
            file_path: path.clone(),
            file_size: i64::try_from(new.size).unwrap_or(i64::MAX),
            metadata: new.facts.map(|facts| facts.to_string()),
            created_at: now,
        };
        let service = self.clone();
        let added = upload.clone();
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let (uploads, _) = tx.fetch(table::total(caller))?;
            if uploads >= limits::RESUMABLE_UPLOADS {
                let why = format!(
                    "at most {} uploads can be incomplete; finish or cancel one",
                    limits::RESUMABLE_UPLOADS
                );
                return Err(ChatError::InvalidOperation(why));
            }
            service.check_quota(caller.into(), used(tx, caller.into())?.saturating_add(added.file_size))?;
            let discarded = Discarded { id, path: added.file_path.clone() };
            DISCARD.enqueue_in(tx, &id.to_string(), &discarded, UNSENT_KEPT)?;
            Ok(table::add(tx, &added)?)
        };
        self.context.store.write(write).await?;
        if let Err(error) = self.depot().begin(&id.to_string()).await {
            self.context
                .store
                .write(move |tx| table::remove(tx, id).map(drop))
                .await
                .map_err(ChatError::Store)?;
            return Err(error.into());
        }
        if new.size == 0 {
            return self.progress(caller, &id.to_string()).await;
        }
        Ok(progress_of(&upload, 0))
    }

    /// How far an upload is. One of which everything was received is completed.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when the caller has no such upload, or nothing is left of it;
    /// [`ChatError::UploadLocked`] while it is received.
    pub async fn progress(&self, caller: UserId, id: &str) -> Result<UploadProgress, ChatError> {
        match self.open(caller, id).await? {
            Opened::Complete(progress) => Ok(progress),
            Opened::Incomplete(part) => part.finish().await,
        }
    }

    /// Continues an upload at `offset`, which has to be its end.
    ///
    /// # Errors
    /// As [`progress`](Self::progress); [`ChatError::UploadConflict`] when `offset` is elsewhere.
    pub async fn resume(&self, caller: UserId, id: &str, offset: u64) -> Result<UploadPart, ChatError> {
        match self.open(caller, id).await? {
            Opened::Incomplete(part) if part.incoming.length() == offset => Ok(*part),
            Opened::Incomplete(part) => {
                Err(conflict(format!("the next byte is number {}", part.incoming.length())))
            }
            Opened::Complete(_) => Err(conflict("the file is complete".to_owned())),
        }
    }

    /// Ends an upload; what was received is removed, also if it has become complete, unless it is used. Whoever cancels has
    /// often just closed the connection of the last part, so a locked upload is waited for, for [`CANCEL_ATTEMPTS`].
    ///
    /// # Errors
    /// As [`progress`](Self::progress).
    pub async fn cancel(&self, caller: UserId, id: &str) -> Result<(), ChatError> {
        let mut attempts = 1;
        let opened = loop {
            match self.open(caller, id).await {
                Err(ChatError::UploadLocked) if attempts < CANCEL_ATTEMPTS => attempts += 1,
                opened => break opened?,
            }
            tokio::time::sleep(CANCEL_PAUSE).await;
        };
        let part = match opened {
            Opened::Incomplete(part) => part,
            Opened::Complete(file) => return self.remove_unsent(file.id).await,
        };
        let id = part.upload.id;
        let write = move |tx: &mut Tx<'_>| {
            table::remove(tx, id)?;
            // This job removes the bytes.
            DISCARD.enqueue(tx, &id.to_string(), &Discarded { id, path: part.upload.file_path.clone() })
        };
        self.context.store.write(write).await.map_err(ChatError::Store)
    }

    async fn remove_unsent(&self, id: AttachmentId) -> Result<(), ChatError> {
        let write = move |tx: &mut Tx<'_>| {
            let paths = attachments::remove_unsent(tx, id)?;
            if paths.is_empty() {
                return Err(missing());
            }
            Ok(remove_later(tx, &paths)?)
        };
        self.context.store.write(write).await
    }

    async fn open(&self, caller: UserId, id: &str) -> Result<Opened, ChatError> {
        let id: AttachmentId = id.parse().map_err(|_| missing())?;
        let find = move |tx: &mut Tx<'_>| {
            let (upload, file) = (tx.fetch(table::find(id, caller))?, attachments::find(tx, id)?);
            Ok::<_, StoreError>((upload, file.filter(|file| file.is_by(caller))))
        };
        let (upload, file) = self.context.store.read(find).await.map_err(ChatError::Store)?;
        let Some(upload) = upload else {
            return file.map(|file| Opened::Complete(complete(&file))).ok_or_else(missing);
        };
        let (incoming, is_moved) = self.hold(id, &upload.file_path).await.map_err(gone)?;
        // Somebody else may have completed it before this one locked it.
        let (upload, file) = self.context.store.read(find).await.map_err(ChatError::Store)?;
        if let Some(file) = file {
            return Ok(Opened::Complete(complete(&file)));
        }
        let part = UploadPart { service: self.clone(), upload: upload.ok_or_else(missing)?, incoming };
        Ok(if is_moved {
            Opened::Complete(part.complete().await?)
        } else {
            Opened::Incomplete(Box::new(part))
        })
    }

    /// Locks what was received of a file, which was moved to its place already if the process was killed, or the database
    /// failed, after that; returns whether it was.
    pub(super) async fn hold(&self, id: AttachmentId, path: &str) -> io::Result<(Incoming, bool)> {
        match self.depot().resume(&id.to_string()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok((self.depot().reopen(path).await?, true)),
            resumed => Ok((resumed?, false)),
        }
    }
}

/// An upload that was found.
enum Opened {
    Complete(UploadProgress),
    Incomplete(Box<UploadPart>),
}

/// A part of a file that is being received. What was written stays when this is dropped.
pub struct UploadPart {
    service: Uploads,
    upload: ResumableUpload,
    incoming: Incoming,
}

impl UploadPart {
    fn size(&self) -> u64 {
        u64::try_from(self.upload.file_size).unwrap_or(0)
    }

    /// Appends to the file.
    ///
    /// # Errors
    /// [`ChatError::TooLarge`] when there is more than was announced.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ChatError> {
        if self.incoming.length().saturating_add(bytes.len() as u64) > self.size() {
            return Err(ChatError::TooLarge(format!("the file was announced with {} bytes", self.size())));
        }
        Ok(self.incoming.write(bytes).await?)
    }

    /// Ends the part. If it was the last one, the file can be sent in messages now.
    ///
    /// # Errors
    /// When it cannot be stored; its bytes stay, and it can be tried again.
    pub async fn finish(mut self) -> Result<UploadProgress, ChatError> {
        self.incoming.sync().await?;
        let received = self.incoming.length();
        if received < self.size() {
            return Ok(progress_of(&self.upload, received));
        }
        self.complete().await
    }

    async fn complete(self) -> Result<UploadProgress, ChatError> {
        let size = self.size();
        let Self { service, upload, incoming } = self;
        let mut file = Arriving {
            id: upload.id,
            incoming,
            name: upload.original_name,
            declared: upload.declared_type,
            path: upload.file_path,
            facts: upload.metadata.and_then(|facts| serde_json::from_str(&facts).ok()),
        };
        let new = service.store(upload.uploaded_by.into(), &mut file).await?;
        // The lock is held until the file is in the database.
        service.record(upload.uploaded_by.into(), vec![new], Some(upload.id)).await?;
        drop(file);
        // As much as was announced, though a picture has become smaller.
        Ok(UploadProgress { id: upload.id, received: size, size, expires_at: None })
    }
}

fn progress_of(upload: &ResumableUpload, received: u64) -> UploadProgress {
    UploadProgress {
        id: upload.id,
        received,
        size: u64::try_from(upload.file_size).unwrap_or(0),
        expires_at: Some(upload.created_at.plus(UNSENT_KEPT)),
    }
}

fn complete(file: &Attachment) -> UploadProgress {
    let size = u64::try_from(file.file_size).unwrap_or(0);
    UploadProgress { id: file.id, received: size, size, expires_at: None }
}

fn missing() -> ChatError {
    ChatError::NotFound { what: "upload" }
}

fn conflict(why: String) -> ChatError {
    ChatError::UploadConflict(why)
}

fn gone(error: io::Error) -> ChatError {
    match error.kind() {
        ErrorKind::NotFound => missing(),
        ErrorKind::WouldBlock => ChatError::UploadLocked,
        _ => ChatError::Files(error),
    }
}
