//! The participants of a conversation, page by page: its members in order of their user ids, then its guests.

use super::Conversations;
use super::view::{MemberView, shows_online_to};
use crate::ChatError;
use crate::access::present;
use crate::presence::Seen;
use meeshy_domain::{Actor, ConversationId, MemberRole, UserId, limits, text};
use meeshy_store::conversations::Conversation;
use meeshy_store::guests::{self, GuestParticipant};
use meeshy_store::participants::{self, Filter, Participant};
use meeshy_store::{StoreError, Tx, members};

/// Maximum number of members of a conversation that are all read for one page, where no index helps.
const MAX_SCANNED: i64 = 1_000;
/// Maximum number of online users that are looked up for one page, and at once.
const MAX_ONLINE_LOOKED_UP: usize = 1_000;
const LOOKED_UP_AT_ONCE: usize = 250;

/// Which participants to list.
#[derive(Debug, Clone, Default)]
pub struct ParticipantRequest {
    /// At most so many.
    pub limit: i64,
    /// Those after the participant with this id; [`ParticipantPage::next`] of the page before.
    pub after: Option<UserId>,
    /// Only those with this role in the conversation. Guests have the role of a member.
    pub role: Option<MemberRole>,
    /// Only members whose names match, as in a search of users.
    pub search: Option<String>,
    /// Only members who are connected.
    pub online_only: bool,
}

/// A member or a guest.
#[derive(Debug, Clone)]
pub enum ParticipantView {
    /// A member, and what the caller sees of their presence.
    Member(Box<Participant>, Seen),
    /// A guest.
    Guest(GuestParticipant),
}

impl ParticipantView {
    /// The id of the user or of the guest.
    pub fn id(&self) -> String {
        match self {
            Self::Member(participant, _) => participant.member.user_id.to_string(),
            Self::Guest(guest) => guest.guest.id.to_string(),
        }
    }
}

/// A page of participants.
#[derive(Debug, Clone, Default)]
pub struct ParticipantPage {
    /// The participants. There can be fewer than requested, or none, although there are more.
    pub participants: Vec<ParticipantView>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// Some members, and the one after which there may be more.
type Found = (Vec<Participant>, Option<UserId>);

impl Conversations {
    /// A page of the participants of a conversation, by its id or identifier. Members whose accounts are not
    /// active are left out.
    ///
    /// # Errors
    /// When it does not exist, the caller is neither a member nor a guest, or the searched text is too long.
    pub async fn participants(
        &self,
        caller: impl Into<Actor>,
        reference: &str,
        request: ParticipantRequest,
    ) -> Result<ParticipantPage, ChatError> {
        let caller = caller.into();
        let search = request.search.as_deref().map(|search| text::nfc(search.trim()));
        let search = search.filter(|search| !search.is_empty());
        if search.as_ref().is_some_and(|search| search.chars().count() > limits::DISPLAY_NAME_CHARS) {
            let problem = format!("at most {} characters", limits::DISPLAY_NAME_CHARS);
            return Err(ChatError::invalid("search", problem));
        }
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let guest = request.after.map(|after| guests::conversation_of(&after.to_string()));
            let there = present(tx, caller, &reference, service.context.now())?;
            let (conversation, reader) = (there.conversation, there.viewer.user());
            let (guest, blocked) = tx.fetch((guest, there.viewer.separated()))?;
            let after_guest = request.after.filter(|_| guest.flatten() == Some(conversation.id));
            if search.as_ref().is_some_and(|search| !text::is_enough_to_search(search)) {
                return Ok(ParticipantPage::default());
            }
            let has_guests = search.is_none()
                && !request.online_only
                && request.role.is_none_or(|role| role == MemberRole::Member);
            let filter = Filter { role: request.role, name: search };
            let (members, next) = match after_guest {
                Some(_) => (Vec::new(), None),
                None => service.members_of(tx, &conversation, &filter, &request, reader, &blocked)?,
            };
            let presence = service.views.presence();
            let view = |participant: Participant| {
                let MemberView { member, seen } =
                    MemberView::new(participant.member, presence, reader, &blocked);
                ParticipantView::Member(Box::new(Participant { member, ..participant }), seen)
            };
            let next = next.map(|id| id.to_string());
            let mut page = ParticipantPage { participants: members.into_iter().map(view).collect(), next };
            if has_guests && page.next.is_none() {
                add_guests(tx, conversation.id, after_guest, request.limit, &mut page)?;
            }
            Ok::<_, ChatError>(page)
        };
        self.context.store.read(read).await
    }

    fn members_of(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        filter: &Filter,
        request: &ParticipantRequest,
        reader: Option<UserId>,
        blocked: &[UserId],
    ) -> Result<Found, StoreError> {
        let (after, limit) = (request.after, request.limit);
        if request.online_only {
            return self.online_members_of(tx, conversation, filter, request, reader, blocked);
        }
        let is_small = conversation.member_count <= MAX_SCANNED;
        let page = if filter.name.is_none() || is_small { participants::page } else { participants::found };
        let found = tx.fetch(page(conversation.id, filter, after, limit.saturating_add(1)))?;
        Ok(cut(found, limit, None))
    }

    /// Looks up users who are online, except for `blocked` ones and those who hide it. In a small conversation, these are known to be its
    /// members.
    fn online_members_of(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        filter: &Filter,
        &ParticipantRequest { after, limit, .. }: &ParticipantRequest,
        reader: Option<UserId>,
        blocked: &[UserId],
    ) -> Result<Found, StoreError> {
        let presence = self.views.presence();
        let online = if conversation.member_count <= MAX_SCANNED {
            let is_listed =
                |user: &UserId| after.is_none_or(|after| *user > after) && presence.is_online(*user);
            let mut online = tx.fetch(members::first_ids(conversation.id, MAX_SCANNED))?;
            online.retain(is_listed);
            online.sort_unstable();
            online
        } else {
            presence.online_after(after, MAX_ONLINE_LOOKED_UP)
        };
        let mut found = Vec::new();
        for some in online.chunks(LOOKED_UP_AT_ONCE) {
            let mut members = tx.fetch(participants::among(conversation.id, filter, some))?;
            members.retain(|Participant { member, .. }| {
                shows_online_to(reader, member) && !blocked.contains(&member.user_id)
            });
            members.sort_by_key(|participant| participant.member.user_id);
            found.extend(members);
            if i64::try_from(found.len()).is_ok_and(|count| count > limit) {
                break;
            }
        }
        let is_cut_off = online.len() == MAX_ONLINE_LOOKED_UP;
        Ok(cut(found, limit, online.last().copied().filter(|_| is_cut_off)))
    }
}

/// The first `limit` members, and the last of them if there are more; otherwise `next`.
fn cut(mut found: Vec<Participant>, limit: i64, next: Option<UserId>) -> Found {
    let limit = usize::try_from(limit).unwrap_or(0);
    if found.len() <= limit {
        return (found, next);
    }
    found.truncate(limit);
    let last = found.last().map(|participant| participant.member.user_id);
    (found, last)
}

/// Fills the last page of the members with guests.
fn add_guests(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    after: Option<UserId>,
    limit: i64,
    page: &mut ParticipantPage,
) -> Result<(), StoreError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    let free = limit.saturating_sub(i64::try_from(page.participants.len()).unwrap_or(i64::MAX));
    let mut found = tx.fetch(guests::page(conversation, &after, free.saturating_add(1)))?;
    let free = usize::try_from(free).unwrap_or(0);
    let has_more = found.len() > free;
    found.truncate(free);
    page.participants.extend(found.into_iter().map(ParticipantView::Guest));
    page.next = page.participants.last().filter(|_| has_more).map(ParticipantView::id);
    Ok(())
}
