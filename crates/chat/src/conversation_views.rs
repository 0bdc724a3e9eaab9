//! What a reader is shown of a conversation: a part of its members, its newest message, and what is counted.

use crate::view::{self, ConversationView, Figures, MemberView};
use crate::{Chat, ChatError};
use meeshy_domain::{ConversationId, ConversationKind, UserId};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::members::{self, Member};
use meeshy_store::{Tx, conversation_languages, messages, visibility};
use std::collections::HashMap;

/// Members that a conversation is listed with, at most.
pub(crate) const MAX_MEMBERS_OF_LISTED: usize = 5;
/// Members that one conversation is shown with, at most.
const MAX_MEMBERS_OF_ONE: usize = 250;
/// Online people that a large conversation is shown with, at most, and among how many they are looked for.
const MAX_ONLINE: i64 = 100;
const MAX_ONLINE_LOOKED_AT: usize = 512;

impl Chat {
    /// A conversation alone, with its figures.
    pub(crate) fn one_view(
        &self,
        tx: &mut Tx<'_>,
        reader: UserId,
        conversation: Conversation,
    ) -> Result<ConversationView, ChatError> {
        let id = conversation.id;
        let view = self.views(tx, reader, vec![conversation], MAX_MEMBERS_OF_ONE)?.pop();
        let mut view = view.ok_or(ChatError::NotFound { what: "conversation" })?;
        view.figures = Some(self.figures(tx, id, &view.members)?);
        Ok(view)
    }

    /// What is known of a conversation as a whole. `first` are the first of its members.
    fn figures(
        &self,
        tx: &mut Tx<'_>,
        id: ConversationId,
        first: &[MemberView],
    ) -> Result<Figures, ChatError> {
        let mut counts = conversation_languages::list(tx, id)?;
        for (language, expired) in conversation_languages::expired(tx, id, self.now())? {
            counts
                .iter_mut()
                .filter(|counts| counts.language == language)
                .for_each(|counts| counts.messages -= expired);
        }
        let online = if first.len() < MAX_MEMBERS_OF_ONE {
            first.iter().filter(|view| view.is_online).map(|view| view.member.clone()).collect()
        } else {
            let some = self.inner.presence.some_online(MAX_ONLINE_LOOKED_AT);
            members::among(tx, id, &some, MAX_ONLINE)?
        };
        Ok(Figures { counts, online })
    }

    /// Conversations with the first `members_of_each` of their members.
    pub(crate) fn views(
        &self,
        tx: &mut Tx<'_>,
        reader: UserId,
        page: Vec<Conversation>,
        members_of_each: usize,
    ) -> Result<Vec<ConversationView>, ChatError> {
        let presence = &self.inner.presence;
        let ids: Vec<ConversationId> = page.iter().map(|conversation| conversation.id).collect();
        let mut first: HashMap<ConversationId, Vec<Member>> = HashMap::new();
        let limit = i64::try_from(members_of_each).unwrap_or(i64::MAX);
        for member in members::first(tx, &ids, limit)? {
            first.entry(member.conversation_id).or_default().push(member);
        }
        let cursors: HashMap<_, _> = members::cursors(tx, reader, &ids)?.into_iter().collect();
        let viewer = self.viewer(tx, reader)?;
        let mut counted = HashMap::new();
        if viewer.has_blocked() {
            let unread = visibility::unread(tx, &ids, &[reader], self.now())?;
            counted.extend(unread.into_iter().map(|unread| (unread.conversation, unread.count)));
        }
        let newest = messages::newest(tx, &ids, &viewer)?;
        let mut preferences: HashMap<_, _> =
            conversations::preferences(tx, reader, &ids)?.into_iter().collect();
        let mut newest: HashMap<_, _> = view::messages(tx, newest, self.lens(viewer))?
            .into_iter()
            .map(|view| (view.message.conversation_id, view))
            .collect();
        let view = |conversation: Conversation| {
            let members = first.remove(&conversation.id).unwrap_or_default();
            let read = cursors.get(&conversation.id).copied().unwrap_or(0);
            ConversationView {
                title: title_for(reader, &conversation, &members),
                last_message: newest.remove(&conversation.id),
                unread_count: counted
                    .remove(&conversation.id)
                    .unwrap_or_else(|| conversation.last_sequence.saturating_sub(read).max(0)),
                figures: None,
                preferences: preferences.remove(&conversation.id),
                members: (members.into_iter())
                    .map(|member| MemberView { is_online: presence.is_online(member.user_id), member })
                    .collect(),
                conversation,
            }
        };
        Ok(page.into_iter().map(view).collect())
    }
}

/// A title that is never empty: its own, or the names of the others.
fn title_for(reader: UserId, conversation: &Conversation, members: &[Member]) -> String {
    if let Some(title) = conversation.title.clone().filter(|_| conversation.kind != ConversationKind::Direct)
    {
        return title;
    }
    let others: Vec<&str> = members
        .iter()
        .filter(|member| member.user_id != reader)
        .map(|member| member.display_name.as_str())
        .collect();
    match others.as_slice() {
        [] => "Conversation".into(),
        [one] => (*one).into(),
        [one, two] => format!("{one}, {two}"),
        [one, two, ..] => {
            // Not the two, and not the reader.
            let others = usize::try_from(conversation.member_count).unwrap_or(0).saturating_sub(3);
            format!("{one}, {two} and {others} other(s)")
        }
    }
}
