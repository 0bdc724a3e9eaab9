//! Uploads: users send files to the server, and then messages with them.
//!
//! A file is received on disk, looked at, moved to its place in the folder of uploads, and only then in the database. A job
//! that is older than the first byte discards what a process leaves that is killed in between. Files that are in no
//! message after a day are removed.

mod care;
mod file_jobs;
mod naming;
mod pictures;
mod received;
mod resumable;
mod turns;

pub(crate) use care::{FileCare, show_again};
pub(crate) use file_jobs::{COLLECT, DISCARD, PREPARE, REMOVE, remove_later};
pub(crate) use pictures::{names_file, show_picture};
pub use resumable::{NewUpload, UploadPart, UploadProgress};

use crate::ChatError;
use crate::access::seat;
use crate::context::Context;
use crate::views::FileLinks;
use file_jobs::{Discarded, UNSENT_KEPT};
use meeshy_domain::{Actor, AttachmentId, limits};
use meeshy_media::{Depot, Incoming, Pool};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::{StoreError, Tx, attempts, guests, resumable_uploads};
use received::{Received, received};
use std::sync::Arc;
use turns::{Turn, Turns};

/// Where files are kept, and how large they may be.
#[derive(Debug, Clone)]
pub struct UploadSettings {
    /// The folder of uploads.
    pub depot: Depot,
    /// The maximum size of a file, in bytes.
    pub file_bytes: u64,
    /// The maximum size of all files of a user, in bytes.
    pub quota_bytes: u64,
    /// The number of processors; half of them look at files.
    pub processors: usize,
}

impl Default for UploadSettings {
    fn default() -> Self {
        const GIB: u64 = 1024 * 1024 * 1024;
        Self { depot: Depot::new("data/uploads"), file_bytes: 2 * GIB, quota_bytes: 10 * GIB, processors: 1 }
    }
}

/// Uploads of users. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    context: Arc<Context>,
    links: Arc<FileLinks>,
    settings: Arc<UploadSettings>,
    pool: Pool,
    turns: Turns,
}

impl Uploads {
    pub(crate) fn new(context: Arc<Context>, links: Arc<FileLinks>, settings: UploadSettings) -> Self {
        let pool = Pool::new(settings.processors);
        Self { context, links, settings: Arc::new(settings), pool, turns: Turns::default() }
    }

    /// The folder of uploads.
    pub fn depot(&self) -> &Depot {
        &self.settings.depot
    }

    /// Begins to receive files of a user or a guest.
    ///
    /// # Errors
    /// [`ChatError::TooLarge`] when their quota is used up; [`ChatError::Busy`] during too many other uploads of theirs;
    /// [`ChatError::Forbidden`] when a guest may not send any.
    pub async fn begin(&self, caller: impl Into<Actor>) -> Result<Upload, ChatError> {
        let (caller, now) = (caller.into(), self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            if let Actor::Guest(guest) = caller {
                let seat = seat(tx, guest, now)?.participant;
                if !seat.can_send_files && !seat.can_send_images {
                    return Err(ChatError::Forbidden("guests of this link cannot send files".into()));
                }
            }
            Ok::<_, ChatError>(used(tx, caller)?)
        };
        let used = u64::try_from(self.context.store.read(read).await?).unwrap_or(0);
        let left = self.quota_of(caller).saturating_sub(used);
        if left == 0 {
            return Err(self.quota_is_used_up(caller));
        }
        let turn = self.turns.take(caller)?;
        Ok(Upload { service: self.clone(), caller, left, files: Vec::new(), _turn: turn })
    }

    fn file_is_too_large(&self, name: &str) -> ChatError {
        let most = readable(self.settings.file_bytes);
        ChatError::TooLarge(format!("`{name}` is too large: a file can have {most}"))
    }

    /// `bytes` are all files of the caller.
    fn check_quota(&self, caller: Actor, bytes: i64) -> Result<(), ChatError> {
        let fits = u64::try_from(bytes).is_ok_and(|bytes| bytes <= self.quota_of(caller));
        if fits { Ok(()) } else { Err(self.quota_is_used_up(caller)) }
    }

    fn quota_of(&self, caller: Actor) -> u64 {
        match caller {
            Actor::User(_) => self.settings.quota_bytes,
            Actor::Guest(_) => self.settings.quota_bytes.min(limits::GUEST_QUOTA_BYTES),
        }
    }

    fn quota_is_used_up(&self, caller: Actor) -> ChatError {
        let most = readable(self.quota_of(caller));
        ChatError::TooLarge(format!("your files can have {most} in all; delete some first"))
    }
}

/// Files that are being received, of one request.
pub struct Upload {
    service: Uploads,
    caller: Actor,
    /// The bytes that are left of the quota.
    left: u64,
    files: Vec<Arriving>,
    _turn: Turn,
}

/// A file that is being received.
struct Arriving {
    id: AttachmentId,
    incoming: Incoming,
    name: String,
    declared: Option<String>,
    path: String,
    /// What the client says of it, as JSON.
    facts: Option<serde_json::Value>,
}

impl Upload {
    /// Begins the next file, with the name and the type that the client gives.
    ///
    /// # Errors
    /// When there are too many files, or it cannot be stored.
    pub async fn file(&mut self, name: Option<&str>, declared: Option<&str>) -> Result<(), ChatError> {
        if self.files.len() >= limits::UPLOADED_FILES {
            let most = limits::UPLOADED_FILES;
            return Err(ChatError::invalid("files", format!("expected at most {most} files")));
        }
        let context = &self.service.context;
        let name = naming::shown_name(name);
        let id: AttachmentId = context.new_id();
        let path = naming::path(self.caller, &name, &context.secrets.hex(16), context.now());
        let discarded = Discarded { id, path: path.clone() };
        let write = move |tx: &mut Tx<'_>| DISCARD.enqueue_in(tx, &id.to_string(), &discarded, UNSENT_KEPT);
        context.store.write(write).await.map_err(ChatError::Store)?;
        let incoming = self.service.depot().receive(&id.to_string()).await?;
        let declared = declared.map(str::to_owned);
        self.files.push(Arriving { id, incoming, name, declared, path, facts: None });
        Ok(())
    }

    /// Appends to the last file.
    ///
    /// # Errors
    /// [`ChatError::TooLarge`] when the file is larger than allowed, or the quota is used up.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ChatError> {
        let Some(file) = self.files.last_mut() else { return Ok(()) };
        let added = bytes.len() as u64;
        let most = self.service.settings.file_bytes;
        if file.incoming.length().saturating_add(added) > most {
            return Err(self.service.file_is_too_large(&file.name));
        }
        let over = || self.service.quota_is_used_up(self.caller);
        self.left = self.left.checked_sub(added).ok_or_else(over)?;
        Ok(file.incoming.write(bytes).await?)
    }

    /// Says something of a file, counted from 0, as a client knows it: the duration of a recording, and so on.
    pub fn describe(&mut self, index: usize, facts: serde_json::Value) {
        if let Some(file) = self.files.get_mut(index) {
            file.facts = Some(facts);
        }
    }

    /// Stores the files, all or none of them. They can be sent in messages now.
    ///
    /// # Errors
    /// [`ChatError::Invalid`] when there is no file; [`ChatError::TooLarge`] when other uploads have used the quota meanwhile.
    pub async fn finish(self) -> Result<Vec<Attachment>, ChatError> {
        let Self { service, caller, files, _turn, .. } = self;
        if files.is_empty() {
            return Err(ChatError::invalid("files", "expected at least one file"));
        }
        let mut complete = Vec::with_capacity(files.len());
        let mut stored = Vec::with_capacity(files.len());
        for mut file in files {
            stored.push(file.path.clone());
            match service.store(caller, &mut file).await {
                Ok(file) => complete.push(file),
                Err(error) => {
                    service.remove_all(&stored).await;
                    return Err(error);
                }
            }
        }
        let outcome = service.record(caller, complete, None).await;
        if outcome.is_err() {
            service.remove_all(&stored).await;
        }
        outcome
    }
}

impl Uploads {
    /// Looks at a received file, and moves it to its place.
    async fn store(&self, caller: Actor, file: &mut Arriving) -> Result<Received, ChatError> {
        file.incoming.flush().await?;
        let (place, better) = (file.incoming.place().to_owned(), file.incoming.better_place());
        let (name, declared) = (file.name.clone(), file.declared.clone());
        let look = move || received::look(&place, &better, declared.as_deref(), &name);
        let look = self.pool.run(look).await?;
        if look.is_cleaned {
            file.incoming.replace();
        }
        self.depot().keep(&mut file.incoming, &file.path).await?;
        let (name, path, facts) = (file.name.clone(), file.path.clone(), file.facts.take());
        Ok(received(file.id, caller, name, path, look, facts, self.context.now()))
    }

    /// Adds stored files to the database, in place of an upload in parts.
    async fn record(
        &self,
        caller: Actor,
        files: Vec<Received>,
        upload: Option<AttachmentId>,
    ) -> Result<Vec<Attachment>, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            // Uploads of the same caller are counted one after the other.
            match caller {
                Actor::User(user) => attempts::lock(tx, user)?,
                Actor::Guest(guest) => guests::lock(tx, guest)?,
            }
            if let Some(upload) = upload
                && !resumable_uploads::remove(tx, upload)?
            {
                // It has expired meanwhile.
                return Err(ChatError::NotFound { what: "upload" });
            }
            let used = used(tx, caller)?;
            let added: i64 = files.iter().map(|file| file.file_size).sum();
            service.check_quota(caller, used.saturating_add(added))?;
            let now = service.context.now();
            let mut added = Vec::with_capacity(files.len());
            for file in &files {
                let key = file.id.to_string();
                let stored = attachments::insert(tx, file)?;
                PREPARE.enqueue(tx, &key, &file.id)?;
                COLLECT.enqueue_in(tx, &key, &file.id, UNSENT_KEPT)?;
                DISCARD.cancel(tx, &key)?;
                added.push(service.links.linked(stored, now));
            }
            Ok(added)
        };
        self.context.store.write(write).await
    }

    /// Removes stored files that will not be in the database. What cannot be removed now is discarded later.
    async fn remove_all(&self, paths: &[String]) {
        for path in paths {
            if let Err(error) = self.depot().remove(path).await {
                tracing::warn!(%error, path, "Failed to remove an upload that was refused");
            }
        }
    }
}

/// The bytes of the files of a user or a guest, and of those that are announced.
fn used(tx: &mut Tx<'_>, caller: Actor) -> Result<i64, StoreError> {
    let announced = caller.user().map(resumable_uploads::total);
    let (files, announced) = tx.fetch((attachments::size_of_all(caller), announced))?;
    Ok(files.saturating_add(announced.map_or(0, |(_, bytes)| bytes)))
}

/// A size for people.
fn readable(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        0..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        bytes if bytes < 1024 * MIB => format!("{} MiB", bytes / MIB),
        bytes => format!("{} GiB", bytes / (1024 * MIB)),
    }
}
