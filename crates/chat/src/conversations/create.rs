//! Creating conversations.

use super::Conversations;
use super::community::gather;
use super::view::ConversationView;
use crate::{ChatError, Event, policy};
use meeshy_domain::{ConversationKind, MemberRole, Timestamp, UserId, limits, text};
use meeshy_store::conversations::{self, Conversation, Details};
use meeshy_store::members::{self, NewMember};
use meeshy_store::{Tx, users, visibility};

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
    /// The community that it belongs to.
    pub community_id: Option<String>,
}

impl Conversations {
    /// Creates a conversation, or returns the existing direct conversation of two users.
    ///
    /// # Errors
    /// When a field is invalid, or a participant does not exist.
    pub async fn create(&self, caller: UserId, new: NewConversation) -> Result<ConversationView, ChatError> {
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
        let now = self.context.now();
        let identifier = self.identifier(optional(&new.identifier).as_deref(), title.as_deref(), now)?;
        let community = new.community_id.as_deref().filter(|id| !id.is_empty()).map(str::parse).transpose();
        let community_id = community.map_err(|error| ChatError::invalid("communityId", error))?;
        let conversation = Conversation {
            title,
            description,
            details: Details { community_id, ..Details::default() },
            direct_key: (kind == ConversationKind::Direct).then(|| direct_key(caller, others[0])),
            created_by: Some(caller),
            ..Conversation::new(self.context.new_id(), identifier, kind, now)
        };
        let service = self.clone();
        let open = move |tx: &mut Tx<'_>| service.open(tx, caller, &others, conversation.clone());
        self.context.write_unless_there(open).await
    }

    /// The direct conversation of two users, created by `caller` if there is none.
    pub(crate) fn direct(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        other: UserId,
        now: Timestamp,
    ) -> Result<ConversationView, ChatError> {
        let key = direct_key(caller, other);
        let identifier = format!("direct_{key}_{}", now.millis());
        let conversation = Conversation {
            direct_key: Some(key),
            created_by: Some(caller),
            ..Conversation::new(self.context.new_id(), identifier, ConversationKind::Direct, now)
        };
        self.open(tx, caller, &[other], conversation)
    }

    fn open(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        others: &[UserId],
        mut conversation: Conversation,
    ) -> Result<ConversationView, ChatError> {
        let viewer = self.context.viewer(tx, caller)?;
        if let Some(key) = &conversation.direct_key {
            if let Some(existing) = conversations::find_direct(tx, key)? {
                return self.one_view(tx, viewer, existing);
            }
            conversations::release_direct_key(tx, key)?;
        }
        check_blocked(tx, caller, others.iter().copied())?;
        if tx.fetch(users::find_all(others))?.iter().filter(|user| user.is_active).count() != others.len() {
            return Err(ChatError::NotFound { what: "user" });
        }
        if let Some(community) = conversation.details.community_id {
            gather(tx, &self.context, community, caller, others)?;
        }
        if conversations::identifier_is_taken(tx, &conversation.identifier)? {
            conversation.identifier = format!("{}-{}", conversation.identifier, self.context.secrets.hex(4));
        }
        conversations::insert(tx, &conversation)?;
        let creator = (caller, MemberRole::Creator);
        for (user_id, role) in
            std::iter::once(creator).chain(others.iter().map(|other| (*other, MemberRole::Member)))
        {
            let joined_at = conversation.created_at;
            members::insert(
                tx,
                &NewMember {
                    id: self.context.new_id(),
                    conversation_id: conversation.id,
                    user_id,
                    role,
                    joined_at,
                },
            )?;
        }
        conversation.member_count = i64::try_from(others.len() + 1).unwrap_or(i64::MAX);
        let event = Event::ConversationCreated {
            conversation_id: conversation.id,
            members: std::iter::once(caller).chain(others.iter().copied()).collect(),
        };
        self.context.deliver(tx, Some(conversation.last_event), event);
        self.one_view(tx, viewer, conversation)
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
            return given_identifier(given);
        }
        let time = jiff::Timestamp::from_millisecond(now.millis())
            .unwrap_or_default()
            .strftime("%Y%m%d%H%M%S")
            .to_string();
        let slug = title.map(slug).filter(|slug| !slug.is_empty());
        Ok(match slug {
            Some(slug) => format!("mshy_{slug}-{time}"),
            None => format!("mshy_{}-{time}", self.context.secrets.hex(4)),
        })
    }
}

/// Fails if there is a block between the caller and one of some users.
fn check_blocked(
    tx: &mut Tx<'_>,
    caller: UserId,
    others: impl IntoIterator<Item = UserId>,
) -> Result<(), ChatError> {
    let others = others.into_iter().filter(|other| *other != caller);
    let pairs: Vec<_> = others.map(|other| visibility::is_blocked(caller, other)).collect();
    let others = pairs.len();
    policy::may_meet(others, tx.fetch(pairs)?.contains(&true))
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

/// `mshy_<given>`.
///
/// # Errors
/// When it is too long, or has other characters than those of identifiers.
pub(crate) fn given_identifier(given: &str) -> Result<String, ChatError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@');
    if given.len() > limits::IDENTIFIER_CHARS || !given.chars().all(allowed) {
        let problem = format!("use at most {} letters, digits, `-`, `_` or `@`", limits::IDENTIFIER_CHARS);
        return Err(ChatError::invalid("identifier", problem));
    }
    Ok(format!("mshy_{}", given.trim_start_matches("mshy_")))
}

/// The words of a title in plain letters and digits, at most 40 of them.
pub(crate) fn slug(title: &str) -> String {
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
