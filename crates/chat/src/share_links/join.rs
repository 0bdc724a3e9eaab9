//! Joining a conversation by a link.

use super::ShareLinks;
use super::find::{find_shared, missing};
use crate::ChatError;
use crate::access::find_with_member;
use meeshy_domain::{ConversationId, ConversationKind, LinkClosed, UserId};
use meeshy_store::members::{self, Past};
use meeshy_store::{Tx, share_links, visibility};

impl ShareLinks {
    /// Joins the conversation of a link, and returns it. For a member, nothing happens.
    ///
    /// # Errors
    /// When there is no such link, it is closed, or the caller was banned or is separated from its creator by a block.
    pub async fn join(&self, caller: UserId, link_id: &str) -> Result<ConversationId, ChatError> {
        let (service, link_id) = (self.clone(), link_id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let link = find_shared(tx, &link_id)?;
            let asked = (
                find_with_member(caller, &link.conversation_id.to_string()),
                members::past(link.conversation_id, caller),
                visibility::is_blocked(link.created_by, caller),
                share_links::has_used(link.id, caller),
            );
            let (found, past, is_blocked, has_used) = tx.fetch(asked)?;
            let (conversation, member) = found.ok_or_else(missing)?;
            if member.is_some() {
                return Ok(conversation.id);
            }
            // A link from the old system may lead to a conversation of two.
            if conversation.kind == ConversationKind::Direct {
                return Err(missing());
            }
            let now = service.context.now();
            link.state().check(has_used, now).map_err(ChatError::LinkClosed)?;
            if past == Some(Past::Banned) {
                return Err(ChatError::Forbidden("you were banned from this conversation".into()));
            }
            if is_blocked {
                return Err(ChatError::Forbidden("you cannot join by this link".into()));
            }
            // Between the reading and now, others may have used it up.
            if !has_used && !share_links::count_use(tx, link.id, caller, now)? {
                return Err(ChatError::LinkClosed(LinkClosed::UsedUp));
            }
            service.conversations.admit(tx, &conversation, caller, caller)?;
            Ok(conversation.id)
        };
        self.context.write_unless_there(write).await
    }
}
