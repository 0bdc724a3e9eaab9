//! What a user sees first: how much there is, and what was last.

use super::Conversations;
use super::list::ListFilter;
use super::view::ConversationView;
use crate::ChatError;
use crate::presence::Seen;
use meeshy_domain::preferences::Hides;
use meeshy_domain::{Language, UserId};
use meeshy_store::community_members::CommunityMember;
use meeshy_store::dashboard::{self, OwnCommunity};
use meeshy_store::{StoreError, Tx, visibility};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many conversations, communities, and members of each are shown.
const SHOWN: i64 = 5;

/// An overview for a user.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The user's open conversations.
    pub conversations: i64,
    /// Those with a message in the last day.
    pub active_conversations: i64,
    /// Messages in them in the last seven days.
    pub messages: i64,
    /// Translations into the user's language of messages of the last day, of at most 1,000 messages.
    pub translations: i64,
    /// The user's communities.
    pub communities: i64,
    /// The user's share links.
    pub links: i64,
    /// The most recently active conversations.
    pub recent_conversations: Vec<ConversationView>,
    /// The communities that the user has joined last.
    pub recent_communities: Vec<RecentCommunity>,
}

/// A community, with some of its members.
#[derive(Debug, Clone)]
pub struct RecentCommunity {
    /// The community.
    pub community: OwnCommunity,
    /// Some members, and what the reader sees of their presence.
    pub members: Vec<(CommunityMember, Seen)>,
}

impl Conversations {
    /// An overview for the caller, who reads this language.
    pub async fn dashboard(&self, caller: UserId, language: Language) -> Result<Dashboard, ChatError> {
        let (recent_conversations, _) = self.list(caller, ListFilter::default(), SHOWN, 0).await?;
        let (service, now) = (self.clone(), self.context.now());
        let (day, week) = (now.minus(DAY), now.minus(DAY * 7));
        let read = move |tx: &mut Tx<'_>| {
            let (conversations, translations, others, recent, blocked) = tx.fetch((
                dashboard::conversations(caller, day, week),
                dashboard::translations(caller, language, day),
                dashboard::others(caller),
                dashboard::communities(caller, SHOWN),
                visibility::separated(caller),
            ))?;
            let ids: Vec<String> = recent.iter().map(|community| community.id.clone()).collect();
            let members = tx.fetch(dashboard::members(&ids, SHOWN))?;
            let view = |(community, members): (OwnCommunity, Vec<CommunityMember>)| {
                let seen = |member: CommunityMember| {
                    let seen = service.presence_of(caller, &member, &blocked);
                    (member, seen)
                };
                RecentCommunity { community, members: members.into_iter().map(seen).collect() }
            };
            let recent_communities = recent.into_iter().zip(members).map(view).collect();
            Ok::<_, StoreError>((conversations, translations, others, recent_communities))
        };
        let ((conversations, active_conversations, messages), translations, (communities, links), recent) =
            self.context.store.read(read).await?;
        Ok(Dashboard {
            conversations,
            active_conversations,
            messages,
            translations,
            communities,
            links,
            recent_conversations,
            recent_communities: recent,
        })
    }

    fn presence_of(&self, reader: UserId, member: &CommunityMember, blocked: &[UserId]) -> Seen {
        if blocked.contains(&member.user_id) {
            return Seen { is_online: false, last_active_at: None };
        }
        let hides = if member.user_id == reader { Hides::default() } else { member.hides };
        self.views.presence().seen(member.user_id, hides, member.last_active_at)
    }
}
