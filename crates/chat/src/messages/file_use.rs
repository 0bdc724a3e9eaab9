//! Who has viewed, downloaded, listened to or watched a file.

use super::files::{FileRequest, Files, missing};
use crate::ChatError;
use crate::event_bus::{Event, FileUse};
use meeshy_domain::{AttachmentId, FileAction, UserId, limits};
use meeshy_store::attachment_statuses::{self as table, Act, FileStatus};
use meeshy_store::attachments::Attachment;
use meeshy_store::events::{self, Change};
use meeshy_store::{Tx, conversations, messages, privacy, visibility};

/// A page of what users have done with a file.
#[derive(Debug, Clone, Default)]
pub struct FileStatusPage {
    /// In order of the users' ids.
    pub statuses: Vec<FileStatus>,
    /// How many there are.
    pub total: i64,
}

impl Files {
    /// Records that the caller does something with a file of somebody else. Members are told when somebody does it for the
    /// first time or to its end, except in conversations of more than [`limits::RECEIPT_MEMBERS`] members, and unless the
    /// caller hides what they read.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when the caller cannot see such a file, or it is in no message; [`ChatError::Invalid`] for a
    /// duration or position that no recording has.
    pub async fn record(&self, caller: UserId, id: &str, act: Act) -> Result<(), ChatError> {
        for (field, given) in [("playPositionMs", act.position_ms), ("durationMs", act.duration_ms)] {
            if given.is_some_and(|given| !(0..=limits::RECORDING_MS).contains(&given)) {
                let why = format!("expected milliseconds, from 0 to {}", limits::RECORDING_MS);
                return Err(ChatError::invalid(field, why));
            }
        }
        let (service, id) = (self.clone(), id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let file = service.seen_by(tx, caller, &id)?;
            let message = file.message_id.ok_or_else(missing)?;
            if file.is_by(caller) {
                return Ok(());
            }
            if !is_news(tx, &file, caller, &act)? {
                return record(tx, &service, &file, caller, &act);
            }
            let (message, secretive) =
                tx.fetch((messages::find(message), privacy::hiding_read_receipts(&[caller])))?;
            let message = message.ok_or_else(missing)?;
            let conversation = conversations::find(tx, message.conversation_id)?.ok_or_else(missing)?;
            let is_told = secretive.is_empty() && conversation.member_count <= limits::RECEIPT_MEMBERS;
            let change = Change::File(message.id, file.id, caller, act.action);
            let now = service.context.now();
            let number = match is_told {
                true => Some(events::append(tx, conversation.id, &[change], now)?),
                false => None,
            };
            let before = tx.fetch(table::find(file.id, caller))?;
            if !before.is_some_and(|before| before.has_done(act.action).0) {
                table::count(tx, file.id, act.action)?;
            }
            record(tx, &service, &file, caller, &act)?;
            if let Some(number) = number {
                let (mut hidden_from, blockers) =
                    tx.fetch((visibility::hidden_from(message.id), visibility::blockers(caller)))?;
                hidden_from.extend(blockers);
                let used = FileUse {
                    message_id: message.id,
                    attachment_id: file.id,
                    user: caller,
                    action: act.action,
                    at: now,
                };
                let event = Event::File { conversation_id: conversation.id, used, hidden_from };
                service.context.deliver(tx, Some(number), event);
            }
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Who has done something with a file; with `action`, only those who have done that. In conversations of more than
    /// [`limits::RECEIPT_MEMBERS`] members nobody is told.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub async fn statuses(
        &self,
        caller: UserId,
        id: &str,
        action: Option<FileAction>,
        (limit, offset): (i64, i64),
    ) -> Result<FileStatusPage, ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let file = service.seen_by(tx, caller, &id)?;
            let message = file.message_id.ok_or_else(missing)?;
            let message = tx.fetch(messages::find(message))?.ok_or_else(missing)?;
            let conversation = conversations::find(tx, message.conversation_id)?.ok_or_else(missing)?;
            if conversation.member_count > limits::RECEIPT_MEMBERS {
                return Ok(FileStatusPage::default());
            }
            let (statuses, total) = tx.fetch(table::page(file.id, action, limit, offset))?;
            Ok(FileStatusPage { statuses, total })
        };
        self.context.store.read(read).await
    }

    fn seen_by(&self, tx: &mut Tx<'_>, caller: UserId, id: &str) -> Result<Attachment, ChatError> {
        self.find(tx, id, &FileRequest { caller: Some(caller.into()), signature: None })
    }
}

/// Whether the caller has not done this before, or not to its end.
fn is_news(tx: &mut Tx<'_>, file: &Attachment, caller: UserId, act: &Act) -> Result<bool, ChatError> {
    let before = tx.fetch(table::find(file.id, caller))?;
    let (has_done, to_its_end) = before.map(|before| before.has_done(act.action)).unwrap_or_default();
    Ok(!has_done || (act.is_complete && act.action.has_an_end() && !to_its_end))
}

fn record(
    tx: &mut Tx<'_>,
    service: &Files,
    file: &Attachment,
    caller: UserId,
    act: &Act,
) -> Result<(), ChatError> {
    let id: AttachmentId = service.context.new_id();
    let is_there = table::record(tx, &id.to_string(), file.id, caller, act, service.context.now())?;
    if is_there { Ok(()) } else { Err(missing()) }
}
