//! What a notification shows of a message, in the language of its reader.

use super::wording::Wording;
use meeshy_domain::notification::preview;
use meeshy_domain::{LanguageSettings, MessageId, Shown, UserId, Written, shown_text};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::messages::Message;
use meeshy_store::notifications::Notification;
use meeshy_store::translations::{self, State, Translation};
use meeshy_store::{StoreError, Tx};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The translations and the files of some messages.
#[derive(Debug, Default)]
pub(super) struct Texts {
    translations: HashMap<MessageId, Vec<Translation>>,
    files: HashMap<MessageId, Vec<Attachment>>,
}

impl Texts {
    pub fn of(tx: &mut Tx<'_>, messages: &[MessageId]) -> Result<Self, StoreError> {
        let (known, attached) =
            tx.fetch((translations::list(messages), attachments::of_messages(messages)))?;
        let mut texts = Self::default();
        for translation in known {
            texts.translations.entry(translation.message_id).or_default().push(translation);
        }
        for (message, file) in attached {
            texts.files.entry(message).or_default().push(file);
        }
        Ok(texts)
    }

    fn files(&self, message: MessageId) -> &[Attachment] {
        self.files.get(&message).map_or(&[], Vec::as_slice)
    }

    /// Puts what its reader sees of a message into a notification, or takes it away if they do not see it.
    pub fn show(
        &self,
        notification: &mut Notification,
        message: Option<&Message>,
        languages: &LanguageSettings,
    ) {
        let preview = message.map(|message| self.preview(message, notification.user_id, languages));
        notification.content = preview.clone().unwrap_or_default();
        notification.message_preview = preview;
        set_files(notification, message.and_then(|message| self.described(message)));
    }

    /// The files of a message that is shown, for old clients.
    fn described(&self, message: &Message) -> Option<Value> {
        let files = self.files(message.id);
        let first = files.first().filter(|_| !is_on_request(message))?;
        Some(json!({
            "count": files.len(), "firstType": first.mime_type.split('/').next(),
            "firstFilename": first.original_name, "firstMimeType": first.mime_type,
        }))
    }

    /// The beginning of a message as its reader sees it, and its first file; without text if it is only shown on request.
    fn preview(&self, message: &Message, reader: UserId, languages: &LanguageSettings) -> String {
        let words = Wording::of(languages.system_language);
        if is_on_request(message) {
            return words.hidden.to_owned();
        }
        let files = self.files(message.id);
        let text = preview(self.shown(message, reader, languages), !files.is_empty());
        let Some(first) = files.first() else { return text };
        let mut preview = [text, words.file(&first.mime_type)].join(" ").trim_start().to_owned();
        if files.len() > 1 {
            preview += &format!(" (+{})", files.len() - 1);
        }
        preview
    }

    fn shown<'t>(&'t self, message: &'t Message, reader: UserId, languages: &LanguageSettings) -> &'t str {
        let known = self.translations.get(&message.id).map_or(&[][..], Vec::as_slice);
        let available: Vec<_> =
            known.iter().filter(|one| one.revision == message.revision && one.state.has_text()).collect();
        let written = Written {
            language: message.original_language,
            by_reader: message.sender_id == Some(reader),
            by_system: message.is_by_system(),
        };
        let into: Vec<_> = available.iter().map(|one| one.language).collect();
        let Shown::Translated(language) = shown_text(languages, written, &into) else {
            return &message.content;
        };
        let translation = available.iter().find(|one| one.language == language);
        match translation.map(|one| &one.state) {
            Some(State::Done { content, .. } | State::Identical { content }) => content,
            _ => &message.content,
        }
    }
}

/// Whether a message is only shown on request, also to its author: a notification is on a locked screen.
fn is_on_request(message: &Message) -> bool {
    message.concealed(None).is_some() || message.details.is_blurred
}

/// Sets, or takes away, the files of the message in what belongs to the type of a notification.
fn set_files(notification: &mut Notification, files: Option<Value>) {
    let Some(data) = &notification.data else { return };
    if let Ok(Value::Object(mut data)) = serde_json::from_str(data) {
        data.insert("attachments".to_owned(), files.unwrap_or_default());
        notification.data = Some(Value::Object(data).to_string());
    }
}
