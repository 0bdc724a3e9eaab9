//! System messages, which tell the members of a small conversation what has happened to it.
//!
//! They have numbers like all messages, but no author, and they do not count as unread. Nobody edits or forwards them, and
//! they are not translated: clients have words for them. Who comes and goes is told once in some minutes.

use super::Conversations;
use crate::ChatError;
use crate::event_bus::{Event, HiddenFrom};
use meeshy_domain::{ConversationKind, Language, MessageType, SystemEvent, UserId};
use meeshy_store::Tx;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::events::{self, Change};
use meeshy_store::messages::{self, Details, Message};
use meeshy_store::system_messages::{self, SystemMessage};
use std::sync::Arc;

/// The most members of a conversation that is told of. In larger ones, who comes and goes would drown what is said.
const MAX_MEMBERS: i64 = 100;

impl Conversations {
    /// Tells the members of a group or a public conversation what `actor` has done, to `target` or with a new title.
    pub(super) fn tell(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        event: SystemEvent,
        actor: UserId,
        (target, value): (Option<UserId>, Option<String>),
    ) -> Result<(), ChatError> {
        let is_told = matches!(conversation.kind, ConversationKind::Group | ConversationKind::Public);
        if !is_told || conversation.member_count > MAX_MEMBERS {
            return Ok(());
        }
        let now = self.context.now();
        if event.is_told_once() {
            let since = now.minus(SystemEvent::QUIET);
            if tx.fetch(system_messages::was_told(conversation.id, event, actor, target, since))? {
                return Ok(());
            }
        }
        let language =
            Language::parse("en").map_err(|error| ChatError::invalid("originalLanguage", error))?;
        // Names change, and accounts are deleted: they are added when it is read.
        let content = event.sentence("A member", "another member", value.as_deref().unwrap_or_default());
        let id = self.context.new_id();
        let numbers = tx.fetch(conversations::take_quiet_numbers(conversation.id))?;
        events::insert(tx, conversation.id, numbers.event, &Change::MessageNew(id), now)?;
        let message = Message {
            id,
            conversation_id: conversation.id,
            sequence: numbers.sequence,
            sender_id: None,
            client_message_id: None,
            content,
            original_language: language,
            message_type: MessageType::Text.to_string(),
            message_source: "system".into(),
            reply_to_id: None,
            revision: 1,
            edited_at: None,
            created_at: now,
            updated_at: now,
            details: Details::default(),
        };
        messages::insert(tx, &message)?;
        let told = SystemMessage { message_id: id, event, actor_id: actor, target_id: target, value };
        system_messages::insert(tx, &told)?;
        let view = self.views.message(tx, message, self.context.everybody())?;
        let event = Event::MessageNew { message: Arc::new(view), hidden_from: HiddenFrom::default() };
        self.context.deliver(tx, Some(numbers.event), event);
        Ok(())
    }
}
