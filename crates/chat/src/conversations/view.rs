//! Conversations as shown to a member: some of its members, its newest message, and counts.

use super::Conversations;
use crate::ChatError;
use crate::presence::{Presence, Seen};
use crate::views::MessageView;
use meeshy_domain::preferences::Hides;
use meeshy_domain::{ConversationId, ConversationKind, Language, UserId};
use meeshy_store::conversation_languages::{self, Counts};
use meeshy_store::conversations::{self, Conversation, Preferences};
use meeshy_store::members::{self, Member};
use meeshy_store::visibility::{self, Viewer};
use meeshy_store::{Queries, Query, StoreError, Tx, messages, read_cursors};
use std::collections::HashMap;

/// The most members shown of a conversation in a list.
pub(super) const MAX_MEMBERS_OF_LISTED: usize = 5;
/// The most members shown of a single conversation.
const MAX_MEMBERS_OF_ONE: usize = 250;
/// The most online users shown of a large conversation, and the most that are checked.
const MAX_ONLINE: i64 = 100;
const MAX_ONLINE_LOOKED_AT: usize = 512;

/// How many messages of each language have expired.
type Expired = Vec<(Language, i64)>;

/// A member, and whether they are online.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The membership and the user.
    pub member: Member,
    /// What the reader sees of the user's presence.
    pub seen: Seen,
}

impl MemberView {
    /// As seen by a `reader` whom a block separates from these users (`blocked`), and who learns nothing of their
    /// presence.
    pub(super) fn new(
        member: Member,
        presence: &Presence,
        reader: impl Into<Option<UserId>>,
        blocked: &[UserId],
    ) -> Self {
        let seen = if blocked.contains(&member.user_id) {
            Seen { is_online: false, last_active_at: Some(member.joined_at) }
        } else {
            let hides = if Some(member.user_id) == reader.into() { Hides::default() } else { member.hides };
            presence.seen(member.user_id, hides, member.last_active_at)
        };
        Self { seen, member }
    }
}

/// A conversation as seen by one of its members.
#[derive(Debug, Clone)]
pub struct ConversationView {
    /// The conversation itself.
    pub conversation: Conversation,
    /// Its title for this reader, never empty.
    pub title: String,
    /// Its first members, in order of joining.
    pub members: Vec<MemberView>,
    /// Its newest message.
    pub last_message: Option<MessageView>,
    /// The reader's unread count.
    pub unread_count: i64,
    /// The reader's preferences for it.
    pub preferences: Option<Preferences>,
    /// Its statistics; only for a single conversation.
    pub figures: Option<Figures>,
}

/// Statistics of a conversation.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Its members and messages by language.
    pub counts: Vec<Counts>,
    /// Online members; in a large conversation, some of them.
    pub online: Vec<Member>,
}

impl Conversations {
    /// A single conversation with its statistics.
    pub(super) fn one_view(
        &self,
        tx: &mut Tx<'_>,
        viewer: Viewer,
        conversation: Conversation,
    ) -> Result<ConversationView, ChatError> {
        let id = conversation.id;
        let page = vec![conversation];
        let (mut views, counts) = self.views_of(tx, viewer, page, MAX_MEMBERS_OF_ONE, self.counts(id))?;
        let mut view = views.pop().ok_or(ChatError::NotFound { what: "conversation" })?;
        let online = if view.members.len() < MAX_MEMBERS_OF_ONE {
            let online = view.members.iter().filter(|view| view.seen.is_online);
            online.map(|view| view.member.clone()).collect()
        } else {
            let blocked = tx.fetch(viewer.separated())?;
            self.some_online(tx, id, viewer.user(), &blocked)?
        };
        view.figures = Some(Figures { counts: valid(counts), online });
        Ok(view)
    }

    /// Statistics of a conversation.
    pub(super) fn figures_of(
        &self,
        tx: &mut Tx<'_>,
        viewer: Viewer,
        id: ConversationId,
    ) -> Result<Figures, ChatError> {
        let limit = i64::try_from(MAX_MEMBERS_OF_ONE).unwrap_or(i64::MAX);
        let asked = (self.counts(id), members::first_ids(id, limit), viewer.separated());
        let (counts, members, blocked) = tx.fetch(asked)?;
        let online = if members.len() < MAX_MEMBERS_OF_ONE {
            let presence = self.views.presence();
            let is_online = |user: &UserId| presence.is_online(*user) && !blocked.contains(user);
            let online: Vec<UserId> = members.into_iter().filter(is_online).collect();
            let mut online = tx.fetch(members::among(id, &online, limit))?;
            online.retain(|member| shows_online_to(viewer.user(), member));
            online.sort_by_key(|member| (member.joined_at, member.id));
            online
        } else {
            self.some_online(tx, id, viewer.user(), &blocked)?
        };
        Ok(Figures { counts: valid(counts), online })
    }

    /// Members and messages of a conversation by language, and how many of those messages have expired.
    fn counts(&self, id: ConversationId) -> (Query<Vec<Counts>>, Query<Expired>) {
        (conversation_languages::list(id), conversation_languages::expired(id, self.context.now()))
    }

    /// Some members of a large conversation who are connected.
    fn some_online(
        &self,
        tx: &mut Tx<'_>,
        id: ConversationId,
        reader: Option<UserId>,
        blocked: &[UserId],
    ) -> Result<Vec<Member>, StoreError> {
        let mut some = self.views.presence().some_online(MAX_ONLINE_LOOKED_AT);
        some.retain(|user| !blocked.contains(user));
        let mut online = tx.fetch(members::among(id, &some, MAX_ONLINE))?;
        online.retain(|member| shows_online_to(reader, member));
        Ok(online)
    }

    /// Conversations with the first `members_of_each` of their members, and the answers to what is asked in
    /// the same round trip.
    pub(super) fn views_of<Q: Queries>(
        &self,
        tx: &mut Tx<'_>,
        viewer: Viewer,
        page: Vec<Conversation>,
        members_of_each: usize,
        also: Q,
    ) -> Result<(Vec<ConversationView>, Q::Answers), ChatError> {
        let (presence, reader) = (self.views.presence(), viewer.user());
        let ids: Vec<ConversationId> = page.iter().map(|conversation| conversation.id).collect();
        let limit = i64::try_from(members_of_each).unwrap_or(i64::MAX);
        let ((also, blocked), first, unread, preferences, newest, seen) = tx.fetch((
            (also, viewer.separated()),
            members::first(&ids, limit),
            reader.map(|reader| read_cursors::unread(reader, &ids)),
            reader.map(|reader| conversations::preferences(reader, &ids)),
            messages::newest(&ids, &viewer),
            reader
                .filter(|_| viewer.is_special())
                .map(|reader| visibility::unread(&ids, &[reader], self.context.now())),
        ))?;
        let mut first: HashMap<ConversationId, Vec<Member>> = ids.iter().copied().zip(first).collect();
        let mut preferences: HashMap<_, _> = preferences.unwrap_or_default().into_iter().collect();
        let mut unread: HashMap<ConversationId, i64> = unread.unwrap_or_default().into_iter().collect();
        unread.extend(seen.into_iter().flatten().map(|seen| (seen.conversation, seen.count)));
        let newest = newest.into_iter().flatten().collect();
        let mut newest: HashMap<_, _> = self
            .views
            .messages(tx, newest, viewer)?
            .into_iter()
            .map(|view| (view.message.conversation_id, view))
            .collect();
        let view = |conversation: Conversation| {
            let members = first.remove(&conversation.id).unwrap_or_default();
            ConversationView {
                title: title_for(reader, &conversation, &members),
                last_message: newest.remove(&conversation.id),
                unread_count: unread.remove(&conversation.id).unwrap_or(0),
                figures: None,
                preferences: preferences.remove(&conversation.id),
                members: (members.into_iter())
                    .map(|member| MemberView::new(member, presence, reader, &blocked))
                    .collect(),
                conversation,
            }
        };
        Ok((page.into_iter().map(view).collect(), also))
    }
}

/// Whether a member who is connected shows it to a reader.
pub(super) fn shows_online_to(reader: Option<UserId>, member: &Member) -> bool {
    Some(member.user_id) == reader || !member.hides.online_status
}

/// The counts of messages by language without those that have expired.
fn valid((mut counts, expired): (Vec<Counts>, Expired)) -> Vec<Counts> {
    for (language, expired) in expired {
        let of_language = counts.iter_mut().filter(|counts| counts.language == language);
        of_language.for_each(|counts| counts.messages -= expired);
    }
    counts
}

/// A title that is never empty: its own, or the names of the other members.
fn title_for(reader: Option<UserId>, conversation: &Conversation, members: &[Member]) -> String {
    if let Some(title) = conversation.title.clone().filter(|_| conversation.kind != ConversationKind::Direct)
    {
        return title;
    }
    let others: Vec<&str> = members
        .iter()
        .filter(|member| Some(member.user_id) != reader)
        .map(|member| member.display_name.as_str())
        .collect();
    match others.as_slice() {
        [] => "Conversation".into(),
        [one] => (*one).into(),
        [one, two] => format!("{one}, {two}"),
        [one, two, ..] => {
            // Besides these two and the reader.
            let others = usize::try_from(conversation.member_count).unwrap_or(0).saturating_sub(3);
            format!("{one}, {two} and {others} other(s)")
        }
    }
}
