//! What is done with files in the background: jobs, which survive a crash.

use super::file_jobs::{Discarded, remove_later};
use super::{Uploads, naming};
use crate::ChatError;
use crate::access::hidden_from;
use crate::context::Context;
use crate::event_bus::Event;
use crate::views::Views;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meeshy_domain::{AttachmentId, FileKind, MessageId};
use meeshy_jobs::JobError;
use meeshy_media::{self as media, MediaError, PictureLimits, Recording, RecordingLimits};
use meeshy_store::attachments::{self, Attachment, Findings};
use meeshy_store::events::{self, Change};
use meeshy_store::{StoreError, Tx, messages, resumable_uploads};
use std::io::ErrorKind;
use std::sync::Arc;

/// Does the jobs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FileCare {
    context: Arc<Context>,
    uploads: Uploads,
    views: Views,
}

impl FileCare {
    pub fn new(context: Arc<Context>, uploads: Uploads, views: Views) -> Self {
        Self { context, uploads, views }
    }

    pub async fn discard(self, Discarded { id, path }: Discarded) -> Result<(), JobError> {
        // Not while a request sends to it or completes it: this is tried again then.
        let _held = match self.uploads.hold(id, &path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            held => Some(held?),
        };
        self.context.store.write::<_, StoreError>(move |tx| resumable_uploads::remove(tx, id)).await?;
        self.uploads.depot().discard(&id.to_string()).await?;
        self.remove(path).await
    }

    pub async fn collect(self, id: AttachmentId) -> Result<(), JobError> {
        let collect = move |tx: &mut Tx<'_>| {
            let paths = attachments::remove_unsent(tx, id)?;
            remove_later(tx, &paths)
        };
        Ok(self.context.store.write(collect).await?)
    }

    /// A forwarded file has several rows.
    pub async fn remove(self, path: String) -> Result<(), JobError> {
        let asked = path.clone();
        if !self.context.store.read(move |tx| attachments::is_path_used(tx, &asked)).await? {
            self.uploads.depot().remove(&path).await?;
        }
        Ok(())
    }

    pub async fn prepare(self, id: AttachmentId) -> Result<(), JobError> {
        let file = self.context.store.read(move |tx| attachments::find(tx, id)).await?;
        let Some(file) = file else { return Ok(()) };
        let findings = self.look(&file).await?;
        if findings == Findings::default() {
            return Ok(());
        }
        let service = self.clone();
        let thumbnail = findings.thumbnail.as_ref().map(|(path, _)| path.clone());
        let write = move |tx: &mut Tx<'_>| {
            let messages = attachments::describe(tx, &file.file_path, findings.clone())?;
            if messages.is_empty() {
                // It was removed meanwhile.
                remove_later(tx, thumbnail.as_slice())?;
            }
            let sent = messages.into_iter().flatten();
            sent.into_iter().try_for_each(|message| show_again(tx, &service.context, &service.views, message))
        };
        Ok(self.context.store.write(write).await?)
    }

    /// What can be found out about a file; nothing if it cannot be read, which is no failure.
    async fn look(&self, file: &Attachment) -> Result<Findings, JobError> {
        let Some(place) = self.uploads.depot().locate(&file.file_path) else {
            return Ok(Findings::default());
        };
        match FileKind::of_type(&file.mime_type) {
            FileKind::Image => {
                let look = move || media::picture(&place, &PictureLimits::default());
                let Some(picture) = readable(self.uploads.pool.run(look).await)? else {
                    return Ok(Findings::default());
                };
                let path = naming::thumbnail_path(&file.file_path);
                self.uploads.depot().write(&format!("{}-thumb", file.id), &path, &picture.thumbnail).await?;
                let url = naming::url(&path);
                Ok(Findings {
                    thumbnail: Some((path, url)),
                    blur_hash: Some(picture.blur_hash),
                    dimensions: Some((picture.width.into(), picture.height.into())),
                    ..Findings::default()
                })
            }
            FileKind::Audio | FileKind::Video => {
                let look = move || media::recording(&place, &RecordingLimits::default());
                Ok(readable(self.uploads.pool.run(look).await)?.map(findings_of).unwrap_or_default())
            }
            FileKind::Document | FileKind::Text => Ok(Findings::default()),
        }
    }
}

/// What was found out about a file, unless it is damaged or too large, which another attempt does not change.
fn readable<T>(outcome: Result<T, MediaError>) -> Result<Option<T>, JobError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error @ (MediaError::Busy | MediaError::File(..))) => Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, "Nothing was found out about a file");
            Ok(None)
        }
    }
}

/// Shows a message again to those who see it, because its files have changed. Its text and revision stay.
pub(crate) fn show_again(
    tx: &mut Tx<'_>,
    context: &Context,
    views: &Views,
    id: MessageId,
) -> Result<(), ChatError> {
    let Some(message) = tx.fetch(messages::find(id))? else { return Ok(()) };
    let number = events::append(tx, message.conversation_id, &[Change::MessageEdited(id)], context.now())?;
    let message = Arc::new(views.message(tx, message, context.everybody())?);
    let hidden_from = hidden_from(tx, &message)?;
    context.deliver(tx, Some(number), Event::MessageEdited { message, hidden_from, mentioned: Vec::new() });
    Ok(())
}

fn findings_of(found: Recording) -> Findings {
    let film = found.film;
    Findings {
        dimensions: film.as_ref().and_then(|film| Some((film.width?.into(), film.height?.into()))),
        duration: found.duration_ms.and_then(|duration| i64::try_from(duration).ok()),
        bitrate: found.bitrate.and_then(|bitrate| i64::try_from(bitrate).ok()),
        sample_rate: found.sample_rate.map(i64::from),
        codec: found.codec.map(str::to_owned),
        channels: found.channels.map(i64::from),
        fps: film.as_ref().and_then(|film| film.fps),
        video_codec: film.and_then(|film| film.codec).map(str::to_owned),
        waveform: found.waveform.map(|waveform| STANDARD.encode(waveform)),
        ..Findings::default()
    }
}
