//! Mentions of members in messages.

use super::Messages;
use crate::ChatError;
use crate::access::{find_with_member, member, message_id, readable};
use crate::views::MessageView;
use meeshy_domain::{ConversationId, Timestamp, UserId, limits, spans, text};
use meeshy_store::conversations::Conversation;
use meeshy_store::members::Member;
use meeshy_store::mentions::{Mention, Mentioned};
use meeshy_store::participants::{self, Filter};
use meeshy_store::{
    Query, StoreError, Tx, conversations, friend_requests, members, mentions, messages, visibility,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Maximum number of suggestions.
const SUGGESTIONS: usize = 10;
/// Matching members among whom the suggestions are chosen.
const CANDIDATES: i64 = 50;
/// Maximum number of members of a conversation that are all read for a text, where no index helps.
const MAX_SCANNED: i64 = 1_000;

/// A member whom a message may mention.
#[derive(Debug, Clone)]
pub struct MentionSuggestion {
    /// The member.
    pub member: Member,
    /// Whether the caller and the member are friends.
    pub is_friend: bool,
}

/// A mention of the caller.
#[derive(Debug, Clone)]
pub struct MentionOfCaller {
    /// The mention.
    pub mention: Mention,
    /// When.
    pub at: Timestamp,
    /// The message.
    pub message: MessageView,
    /// Its conversation.
    pub conversation: Conversation,
}

/// The members mentioned in a text by `@username`, and these, in order; beyond [`limits::MENTIONS`] they are
/// plain text.
pub(super) fn mentioned(conversation: ConversationId, content: &str) -> Query<Vec<Mentioned>> {
    let names: BTreeSet<&str> = spans::mentions(content).into_iter().take(limits::MENTIONS).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mentioned = |(user, username)| Mentioned { user, username, at: None };
    members::named(conversation, &names).map(move |found| found.into_iter().map(mentioned).collect())
}

impl Messages {
    /// Up to ten members of a conversation whose names begin with `text`, those who have written lately first. Without a
    /// text, any members. Nobody else can be mentioned.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn mention_suggestions(
        &self,
        caller: UserId,
        reference: &str,
        text: &str,
    ) -> Result<Vec<MentionSuggestion>, ChatError> {
        let reference = reference.to_owned();
        let name: String = text::nfc(text.trim()).chars().take(limits::DISPLAY_NAME_CHARS).collect();
        let read = move |tx: &mut Tx<'_>| {
            let asked = (find_with_member(caller, &reference), visibility::separated(caller));
            let (found, mut hidden) = tx.fetch(asked)?;
            let (conversation, _) = member(found)?;
            hidden.push(caller);
            let recent = tx.fetch(messages::latest_authors(conversation.id))?;
            let mut suggested = match name.as_str() {
                "" => some_members(tx, &conversation, &recent)?,
                name => named_members(tx, &conversation, name)?,
            };
            suggested.retain(|member| !hidden.contains(&member.user_id));
            let place = |member: &Member| {
                recent.iter().position(|user| *user == member.user_id).unwrap_or(usize::MAX)
            };
            suggested.sort_by_cached_key(|member| (place(member), member.display_name.to_lowercase()));
            suggested.truncate(SUGGESTIONS);
            let people: Vec<UserId> = suggested.iter().map(|member| member.user_id).collect();
            let friends: HashSet<UserId> =
                tx.fetch(friend_requests::friends_among(caller, &people))?.into_iter().collect();
            let suggestion =
                |member: Member| MentionSuggestion { is_friend: friends.contains(&member.user_id), member };
            Ok(suggested.into_iter().map(suggestion).collect())
        };
        self.context.store.read(read).await
    }

    /// The mentions in a message, and the time of the message.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn mentions(&self, caller: UserId, id: &str) -> Result<(Vec<Mention>, Timestamp), ChatError> {
        let (id, now) = (message_id(id)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, now)?;
            if message.concealed(Some(caller)).is_some() {
                return Ok((Vec::new(), message.created_at));
            }
            Ok((tx.fetch(mentions::of_message(id))?, message.created_at))
        };
        self.context.store.read(read).await
    }

    /// The latest mentions of the caller, at most `limit`.
    pub async fn mentions_of_caller(
        &self,
        caller: UserId,
        limit: i64,
    ) -> Result<Vec<MentionOfCaller>, ChatError> {
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let viewer = service.context.viewer(tx, caller)?;
            let latest = tx.fetch(mentions::latest(caller, &viewer, limit))?;
            let ids: Vec<_> = latest.iter().map(|mention| mention.message_id).collect();
            let rows = tx.fetch(messages::find_all_seen(&ids, &viewer))?;
            let mut places: HashMap<ConversationId, Conversation> = HashMap::new();
            for id in rows.iter().map(|message| message.conversation_id).collect::<BTreeSet<_>>() {
                places.extend(conversations::find(tx, id)?.map(|conversation| (id, conversation)));
            }
            let views = service.views.messages(tx, rows, viewer)?;
            let mut views: HashMap<_, _> = views.into_iter().map(|view| (view.message.id, view)).collect();
            let of_caller = |mention: Mention| {
                let message = views.remove(&mention.message_id)?;
                let conversation = places.get(&message.message.conversation_id)?.clone();
                let at = mention.mentioned_at.unwrap_or(message.message.created_at);
                Some(MentionOfCaller { mention, at, message, conversation })
            };
            Ok(latest.into_iter().filter_map(of_caller).collect())
        };
        self.context.store.read(read).await
    }
}

/// Recent authors and the first members.
fn some_members(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    recent: &[UserId],
) -> Result<Vec<Member>, StoreError> {
    let authors: Vec<UserId> = recent.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let first = members::first(&[conversation.id], CANDIDATES);
    let (authors, first) = tx.fetch((members::among(conversation.id, &authors, CANDIDATES), first))?;
    let mut known = HashSet::new();
    let all = authors.into_iter().chain(first.into_iter().flatten());
    Ok(all.filter(|member| known.insert(member.user_id)).collect())
}

fn named_members(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    name: &str,
) -> Result<Vec<Member>, StoreError> {
    let find =
        if conversation.member_count <= MAX_SCANNED { participants::page } else { participants::found };
    let filter = Filter { role: None, name: Some(name.to_owned()) };
    let found = tx.fetch(find(conversation.id, &filter, None, CANDIDATES))?;
    Ok(found.into_iter().map(|participant| participant.member).collect())
}
