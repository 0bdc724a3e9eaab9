//! The links of a conversation.

use super::ShareLinks;
use super::find::{LinkFigures, figures};
use crate::ChatError;
use crate::access::{find_with_member, member};
use crate::policy::{Action, Standing};
use meeshy_domain::{UserId, limits};
use meeshy_store::Tx;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::share_links::{self, ShareLink};
use meeshy_store::users::{self, User};
use std::collections::BTreeSet;

/// A link in a list.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// The link.
    pub link: ShareLink,
    /// Who created it.
    pub creator: Option<User>,
    /// How many guests came by it, up to 1,000.
    pub guests: i64,
}

/// A link that the caller has created.
#[derive(Debug, Clone)]
pub struct OwnLinkView {
    /// The link.
    pub view: LinkView,
    /// Where it leads.
    pub conversation: Conversation,
    /// Who is there.
    pub figures: LinkFigures,
}

/// The links of a conversation, the newest first.
#[derive(Debug, Clone)]
pub struct LinkList {
    /// The conversation.
    pub conversation: Conversation,
    /// Those of all members for moderators, the caller's own for others; the newest 100.
    pub links: Vec<LinkView>,
    /// Whether the caller sees those of all members.
    pub is_moderator: bool,
}

impl ShareLinks {
    /// The links of a conversation.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn list(&self, caller: UserId, reference: &str) -> Result<LinkList, ChatError> {
        let reference = reference.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            let is_moderator = Standing::from(&by).check(Action::SeeAllLinks).is_ok();
            let found = tx.fetch(if is_moderator {
                share_links::newest(conversation.id, limits::SHARE_LINKS)
            } else {
                share_links::newest_of(conversation.id, caller, limits::SHARE_LINKS)
            })?;
            let creators: BTreeSet<UserId> = found.iter().map(|listed| listed.link.created_by).collect();
            let creators = tx.fetch(users::find_all(&creators.into_iter().collect::<Vec<_>>()))?;
            let view = |listed: share_links::ListedLink| LinkView {
                creator: creators.iter().find(|user| user.id == listed.link.created_by).cloned(),
                guests: listed.guests,
                link: listed.link,
            };
            let links = found.into_iter().map(view).collect();
            Ok::<_, ChatError>(LinkList { conversation, links, is_moderator })
        };
        self.context.store.read(read).await
    }

    /// A page of the links that the caller has created, the newest first, and how many there are.
    pub async fn own(
        &self,
        caller: UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<OwnLinkView>, i64), ChatError> {
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            let (page, total) = share_links::of_creator(caller, limit, offset);
            let (page, total, creator) = tx.fetch((page, total, users::find(caller)))?;
            let mut links = Vec::with_capacity(page.len());
            for listed in page {
                // Of a conversation that was closed, there is nothing to show.
                let Some(conversation) = conversations::find(tx, listed.link.conversation_id)? else {
                    continue;
                };
                let figures = figures(tx, &conversation, now)?;
                let view = LinkView { link: listed.link, creator: creator.clone(), guests: listed.guests };
                links.push(OwnLinkView { view, conversation, figures });
            }
            Ok::<_, ChatError>((links, total))
        };
        self.context.store.read(read).await
    }
}
