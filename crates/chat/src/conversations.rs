//! Conversations: create, list and read them.

use crate::blocking::check_blocked;
use crate::conversation_views::MAX_MEMBERS_OF_LISTED;
use crate::policy;
use crate::view::{ConversationView, Figures};
use crate::{Chat, ChatError, Event};
use meeshy_domain::{ConversationId, ConversationKind, MemberRole, Timestamp, UserId, limits, text};
use meeshy_store::conversations::{self, Conversation, Filter};
use meeshy_store::events::{self, Change};
use meeshy_store::members::{self, Member, Membership, NewMember, Reference};
use meeshy_store::users::{self, User};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Query, StoreError, Tx, visibility};
use std::collections::HashMap;
use std::hash::Hash;

/// The identifier of the room for everybody.
pub(crate) const GLOBAL_ROOM: &str = "meeshy";

/// A new conversation.
#[derive(Debug, Clone, Default)]
pub struct NewConversation {
    /// `direct`, `group` or `public`.
    pub kind: String,
    /// The title; not needed for a direct conversation.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The other members.
    pub participant_ids: Vec<String>,
    /// The requested identifier.
    pub identifier: Option<String>,
}

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only those between the caller and this user.
    pub with_user: Option<String>,
}

/// Who is notified of what a user does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The members of these conversations, if they are small. Messages hidden from this user count as read.
    pub memberships: Vec<Membership>,
    /// Except for those who have blocked this user.
    pub hidden_from: Vec<UserId>,
}

impl Chat {
    /// Creates a conversation, or returns the existing direct conversation of two users.
    ///
    /// # Errors
    /// When a field is invalid, or a participant does not exist.
    pub async fn create_conversation(
        &self,
        caller: UserId,
        new: NewConversation,
    ) -> Result<ConversationView, ChatError> {
        let kind: ConversationKind = new.kind.parse().map_err(|error| ChatError::invalid("type", error))?;
        policy::may_open(kind)?;
        let others = participants(caller, &new.participant_ids)?;
        if kind == ConversationKind::Direct && others.len() != 1 {
            return Err(ChatError::invalid(
                "participantIds",
                "a direct conversation needs exactly one other person",
            ));
        }
        let optional = |value: &Option<String>| value.clone().filter(|text| !text.trim().is_empty());
        // A title of only spaces counts as none; one of only invisible characters is an error.
        let title =
            optional(&new.title).map(|title| text::line("title", &title, limits::TITLE_CHARS)).transpose()?;
        let description = optional(&new.description)
            .map(|about| text::paragraph("description", &about, limits::DESCRIPTION_CHARS).map(str::to_owned))
            .transpose()?;
        let now = self.now();
        let identifier = self.identifier(optional(&new.identifier).as_deref(), title.as_deref(), now)?;
        let conversation = Conversation {
            title,
            description,
            direct_key: (kind == ConversationKind::Direct).then(|| direct_key(caller, others[0])),
            created_by: Some(caller),
            ..Conversation::new(self.new_id(), identifier, kind, now)
        };
        let chat = self.clone();
        let open = move |tx: &mut Tx<'_>| chat.open_conversation(tx, caller, &others, conversation.clone());
        self.write_unless_there(open).await
    }

    fn open_conversation(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        others: &[UserId],
        mut conversation: Conversation,
    ) -> Result<ConversationView, ChatError> {
        let viewer = self.viewer(tx, caller)?;
        if let Some(key) = &conversation.direct_key {
            if let Some(existing) = conversations::find_direct(tx, key)? {
                return self.one_view(tx, viewer, caller, existing);
            }
            conversations::release_direct_key(tx, key)?;
        }
        check_blocked(tx, caller, others.iter().copied())?;
        if tx.fetch(users::find_all(others))?.iter().filter(|user| user.is_active).count() != others.len() {
            return Err(ChatError::NotFound { what: "user" });
        }
        if conversations::identifier_is_taken(tx, &conversation.identifier)? {
            conversation.identifier = format!("{}-{}", conversation.identifier, self.inner.secrets.hex(4));
        }
        conversations::insert(tx, &conversation)?;
        let creator = (caller, MemberRole::Creator);
        for (user_id, role) in
            std::iter::once(creator).chain(others.iter().map(|other| (*other, MemberRole::Member)))
        {
            let joined_at = conversation.created_at;
            members::insert(
                tx,
                &NewMember { id: self.new_id(), conversation_id: conversation.id, user_id, role, joined_at },
            )?;
        }
        conversation.member_count = i64::try_from(others.len() + 1).unwrap_or(i64::MAX);
        let event = Event::ConversationCreated {
            conversation_id: conversation.id,
            members: std::iter::once(caller).chain(others.iter().copied()).collect(),
        };
        self.deliver(tx, Some(conversation.last_event), event);
        self.one_view(tx, viewer, caller, conversation)
    }

    /// `mshy_<given>`, or `mshy_<slug of the title>-<time>`, or `mshy_<random>-<time>`; with a random suffix
    /// if it is taken.
    fn identifier(
        &self,
        given: Option<&str>,
        title: Option<&str>,
        now: Timestamp,
    ) -> Result<String, ChatError> {
        if let Some(given) = given {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@');
            if given.len() > limits::IDENTIFIER_CHARS || !given.chars().all(allowed) {
                let problem =
                    format!("use at most {} letters, digits, `-`, `_` or `@`", limits::IDENTIFIER_CHARS);
                return Err(ChatError::invalid("identifier", problem));
            }
            return Ok(format!("mshy_{}", given.trim_start_matches("mshy_")));
        }
        let time = jiff::Timestamp::from_millisecond(now.millis())
            .unwrap_or_default()
            .strftime("%Y%m%d%H%M%S")
            .to_string();
        let slug = title.map(slug).filter(|slug| !slug.is_empty());
        Ok(match slug {
            Some(slug) => format!("mshy_{slug}-{time}"),
            None => format!("mshy_{}-{time}", self.inner.secrets.hex(4)),
        })
    }

    /// The caller's open conversations, the most recently active first, and their total.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub async fn conversations(
        &self,
        caller: UserId,
        filter: ListFilter,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationView>, i64), ChatError> {
        // Clients also filter by kinds that do not exist, such as `anonymous`; the result is empty.
        let kind: Option<ConversationKind> = match filter.kind.as_deref().map(str::parse) {
            Some(Err(_)) => return Ok((Vec::new(), 0)),
            Some(Ok(kind)) => Some(kind),
            None => None,
        };
        let with_user = filter
            .with_user
            .map(|id| id.parse().map_err(|error| ChatError::invalid("withUserId", error)))
            .transpose()?;
        let chat = self.clone();
        self.inner
            .store
            .read(move |tx| {
                let list = conversations::list(caller, Filter { kind, with_user }, limit, offset);
                let ((page, total), viewer) = tx.fetch((list, Viewer::find(caller, chat.now())))?;
                let (views, ()) = chat.views(tx, viewer, caller, page, MAX_MEMBERS_OF_LISTED, ())?;
                Ok((views, total))
            })
            .await
    }

    /// A conversation of the caller, by id or identifier.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn conversation(&self, caller: UserId, reference: &str) -> Result<ConversationView, ChatError> {
        let (chat, reference) = (self.clone(), reference.to_owned());
        self.inner
            .store
            .read(move |tx| {
                let viewer = Viewer::find(caller, chat.now());
                let (found, viewer) = tx.fetch((find_with_member(caller, &reference), viewer))?;
                chat.one_view(tx, viewer, caller, member(found)?.0)
            })
            .await
    }

    /// A conversation that the caller is a member of, by id or identifier, and what is known of it as a whole.
    ///
    /// # Errors
    /// When there is none, or the caller is no member.
    pub async fn figures(
        &self,
        caller: UserId,
        reference: &str,
    ) -> Result<(Conversation, Figures), ChatError> {
        let (chat, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let figures = chat.figures_of(tx, conversation.id)?;
            Ok((conversation, figures))
        };
        self.inner.store.read(read).await
    }

    /// The id of a conversation of which the caller is a member now, by id or identifier.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn membership(&self, caller: UserId, reference: &str) -> Result<ConversationId, ChatError> {
        let reference = reference.to_owned();
        self.inner.store.read(move |tx| Ok(find_as_member(tx, caller, &reference)?.id)).await
    }

    /// Who is notified that `user` connects or disconnects, with this user's read positions.
    pub async fn audience(&self, user: UserId) -> Result<Audience, ChatError> {
        let now = self.now();
        Ok(self.inner.store.read(move |tx| audience(tx, user, now)).await?)
    }

    /// The displayed name of `user` and the audience; `None` if the account does not exist.
    pub async fn named_audience(&self, user: UserId) -> Result<Option<(String, Audience)>, ChatError> {
        let now = self.now();
        let read = move |tx: &mut Tx<'_>| {
            let Some(found) = tx.fetch(users::find(user))? else { return Ok(None) };
            Ok::<_, StoreError>(Some((found.display_name, audience(tx, user, now)?)))
        };
        Ok(self.inner.store.read(read).await?)
    }

    /// Marks a conversation as read to its end; returns how many messages were unread.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn mark_read(&self, caller: UserId, reference: &str) -> Result<i64, ChatError> {
        let (chat, key, now) = (self.clone(), order_key(reference), self.now());
        let reference = reference.to_owned();
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let (id, read_sequence) = (conversation.id, conversation.last_sequence);
            let cursor = (members::cursors(caller, &[id]), visibility::blockers(caller));
            let (cursor, hidden_from) = tx.fetch(cursor)?;
            let before = cursor.first().map_or(0, |(_, sequence)| *sequence);
            let unread = read_sequence.saturating_sub(before).max(0);
            if unread > 0 {
                // Before the read position moves: sending a message locks in this order, too.
                let number = events::append(tx, id, &[Change::Read(caller)], now)?;
                members::advance_cursor(tx, id, caller, read_sequence, now)?;
                let event =
                    Event::Read { conversation_id: id, user: caller, read_sequence, at: now, hidden_from };
                chat.deliver(tx, Some(number), event);
            }
            Ok(unread)
        };
        self.inner.store.write_in_turn(key, write).await
    }

    pub(crate) async fn open_global_room(&self) -> Result<(), ChatError> {
        let now = self.now();
        let room = Conversation {
            title: Some("Meeshy Global".into()),
            ..Conversation::new(self.new_id(), GLOBAL_ROOM.into(), ConversationKind::Global, now)
        };
        let write = move |tx: &mut Tx<'_>| {
            // Of several processes that start at the same time, one creates it.
            tx.lock_setup()?;
            if !conversations::identifier_is_taken(tx, GLOBAL_ROOM)? {
                conversations::insert(tx, &room)?;
            }
            Ok(())
        };
        self.write_unless_there(write).await
    }

    pub(crate) fn join_global_room(&self, tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
        let Some(room) = conversations::find_by_identifier(tx, GLOBAL_ROOM)? else { return Ok(()) };
        let (user_id, joined_at) = (user.id, user.created_at);
        let role = MemberRole::Member;
        members::insert(
            tx,
            &NewMember { id: self.new_id(), conversation_id: room.id, user_id, role, joined_at },
        )?;
        // Messages from before a user joined count as read.
        if room.last_sequence > 0 {
            members::advance_cursor(tx, room.id, user_id, room.last_sequence, joined_at)?;
        }
        Ok(())
    }
}

fn audience(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<Audience, StoreError> {
    let (mut memberships, viewer, hidden_from) =
        tx.fetch((members::of_user(user), Viewer::find(user, now), visibility::blockers(user)))?;
    if viewer.has_blocked() {
        let ids: Vec<_> = memberships.iter().map(|membership| membership.conversation_id).collect();
        let unread = tx.fetch(visibility::unread(&ids, &[user], now))?;
        let unread: HashMap<_, _> =
            unread.into_iter().map(|unread| (unread.conversation, unread.count)).collect();
        for membership in &mut memberships {
            let unread = unread.get(&membership.conversation_id).copied().unwrap_or(0);
            membership.read_sequence = membership.last_sequence.saturating_sub(unread);
        }
    }
    Ok(Audience { memberships, hidden_from })
}

/// The open conversation with the id or identifier `reference`, if `user` is a member now.
pub(crate) fn find_as_member(
    tx: &mut Tx<'_>,
    user: UserId,
    reference: &str,
) -> Result<Conversation, ChatError> {
    Ok(member(tx.fetch(find_with_member(user, reference))?)?.0)
}

/// What is found of a conversation and somebody in it.
pub(crate) type Found = Option<(Conversation, Option<Member>)>;

/// The open conversation that `reference` names, with the member that `user` is; [`member`] says what came of it.
pub(crate) fn find_with_member(user: UserId, reference: &str) -> Query<Found> {
    let reference = match reference.parse() {
        Ok(id) => Reference::Id(id),
        // PostgreSQL would reject it, and no conversation has it.
        Err(_) if reference.contains('\0') => Reference::Identifier(""),
        Err(_) => Reference::Identifier(reference),
    };
    members::find_with_conversation(reference, user)
}

/// The conversation and the member, if both are there.
pub(crate) fn member(found: Found) -> Result<(Conversation, Member), ChatError> {
    let (conversation, member) = found.ok_or(ChatError::NotFound { what: "conversation" })?;
    Ok((conversation, member.ok_or(ChatError::NotAMember)?))
}

/// The key that keeps the events of a conversation in order.
pub(crate) fn order_key(conversation: impl Hash) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    conversation.hash(&mut hasher);
    hasher.finish()
}

fn participants(caller: UserId, ids: &[String]) -> Result<Vec<UserId>, ChatError> {
    if ids.len() > limits::PARTICIPANTS {
        return Err(ChatError::invalid("participantIds", format!("at most {} people", limits::PARTICIPANTS)));
    }
    let parsed: Result<Vec<UserId>, _> = ids.iter().map(|id| id.parse()).collect();
    let mut others = parsed.map_err(|error| ChatError::invalid("participantIds", error))?;
    if others.contains(&caller) {
        return Err(ChatError::InvalidOperation("you cannot open a conversation with yourself".into()));
    }
    others.sort_unstable();
    others.dedup();
    Ok(others)
}

fn direct_key(one: UserId, other: UserId) -> String {
    format!("{}_{}", one.min(other), one.max(other))
}

fn slug(title: &str) -> String {
    let words = text::words(title);
    let words = words.iter().flat_map(|word| word.split(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-").chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_short() {
        assert_eq!(slug("Été à la mer!"), "ete-a-la-mer");
        assert_eq!(slug("  Trip 2026  "), "trip-2026");
        assert_eq!(slug("日本語"), "");
    }

    #[test]
    fn a_pair_has_one_key_from_both_sides() {
        let [a, b]: [UserId; 2] =
            ["65a0c0ffee0123456789abcd", "65a0c0ffee0123456789abce"].map(|id| id.parse().unwrap());
        assert_eq!(direct_key(a, b), direct_key(b, a));
    }
}
