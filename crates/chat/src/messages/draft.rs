//! A message that is to be sent.

use crate::ChatError;
use crate::languages::declared_language;
use meeshy_domain::{AttachmentId, Language, MessageId, MessageType, Timestamp, limits, text};
use meeshy_translation::detect::Evidence;

/// Where a forwarded message comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The first message with this text.
    pub message: String,
    /// Its conversation.
    pub conversation: String,
}

/// How a message is shown, and for how long.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disclosure {
    /// Everybody may view it only once.
    pub is_view_once: bool,
    /// By how many users, if it is so; by all if absent.
    pub max_view_once_count: Option<i64>,
    /// Clients show it only on request.
    pub is_blurred: bool,
    /// When it is deleted.
    pub expires_at: Option<Timestamp>,
}

/// A message to send.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// The conversation: an id or an identifier.
    pub conversation: String,
    /// The new text.
    pub content: String,
    /// Its language; detected if absent, empty, `auto`, or impossible for the script of the text.
    pub original_language: Option<String>,
    /// Its kind; if absent, that of the first file, or `text`.
    pub message_type: Option<String>,
    /// The ids of uploaded files of the sender that were in no message.
    pub files: Vec<String>,
    /// The message it replies to.
    pub reply_to_id: Option<String>,
    /// The client's id for it: sent to this conversation again, it identifies the same message.
    pub client_message_id: Option<String>,
    /// How it is shown.
    pub disclosure: Disclosure,
}

/// A validated message.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub conversation: String,
    pub content: String,
    pub language: Option<Language>,
    /// That of the first file if absent, or `text`.
    pub message_type: Option<MessageType>,
    pub files: Vec<AttachmentId>,
    pub reply_to_id: Option<MessageId>,
    pub client_message_id: Option<String>,
    pub disclosure: Disclosure,
    pub forwarded_from: Option<Origin>,
    /// The message whose files it takes along.
    pub files_of: Option<MessageId>,
    pub evidence: Evidence,
}

impl Draft {
    /// Checks a message of at most `max_chars` characters.
    pub fn new(new: NewMessage, max_chars: usize, now: Timestamp) -> Result<Self, ChatError> {
        if new.files.is_empty() {
            text::message(&new.content, max_chars)?;
        }
        Self::with_files(new, max_chars, now)
    }

    /// The same for a message that has files, so that its text may be empty.
    pub fn with_files(new: NewMessage, max_chars: usize, now: Timestamp) -> Result<Self, ChatError> {
        let files = files(&new.files)?;
        text::caption(&new.content, max_chars)?;
        check(&new.disclosure, now)?;
        // An invisible id counts as none: two messages that have one are different.
        let client_message_id = new.client_message_id.filter(|id| text::is_visible(id));
        if let Some(id) = &client_message_id {
            text::client_message_id(id)?;
        }
        let message_type = new.message_type.as_deref().map(message_type).transpose()?;
        let reply_to_id = new.reply_to_id.filter(|id| !id.is_empty());
        Ok(Self {
            conversation: new.conversation,
            content: new.content,
            language: declared_language("originalLanguage", new.original_language.as_deref())?,
            message_type,
            files,
            reply_to_id: reply_to_id
                .map(|id| id.parse().map_err(|error| ChatError::invalid("replyToId", error)))
                .transpose()?,
            client_message_id,
            disclosure: new.disclosure,
            forwarded_from: None,
            files_of: None,
            evidence: Evidence::default(),
        })
    }
}

fn message_type(given: &str) -> Result<MessageType, ChatError> {
    MessageType::ALL.iter().copied().find(|kind| kind.name() == given).ok_or_else(|| {
        let known: Vec<&str> = MessageType::ALL.iter().map(|kind| kind.name()).collect();
        ChatError::invalid("messageType", format!("expected one of {}", known.join(", ")))
    })
}

/// The ids of the files, each once.
fn files(given: &[String]) -> Result<Vec<AttachmentId>, ChatError> {
    if given.len() > limits::MESSAGE_FILES {
        let most = limits::MESSAGE_FILES;
        return Err(ChatError::invalid("attachmentIds", format!("a message can have {most} files")));
    }
    let mut files = Vec::with_capacity(given.len());
    for id in given {
        let id = id.parse().map_err(|error| ChatError::invalid("attachmentIds", error))?;
        if !files.contains(&id) {
            files.push(id);
        }
    }
    Ok(files)
}

fn check(disclosure: &Disclosure, now: Timestamp) -> Result<(), ChatError> {
    if disclosure.max_view_once_count.is_some_and(|most| most < 1) {
        return Err(ChatError::invalid("maxViewOnceCount", "expected a number from 1"));
    }
    let latest = now.plus(limits::MESSAGE_LIFETIME);
    if disclosure.expires_at.is_some_and(|at| at <= now || at > latest) {
        return Err(ChatError::invalid("expiresAt", "expected a time within the next year"));
    }
    Ok(())
}
