//! Finding links, and what everybody who has one may know.

use super::ShareLinks;
use crate::ChatError;
use meeshy_domain::{ConversationKind, Language, Timestamp, limits};
use meeshy_store::conversation_languages;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::share_links::{self, ShareLink};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx, guests};

/// A link as shown to whoever has it.
#[derive(Debug, Clone)]
pub struct LinkInfo {
    /// The link.
    pub link: ShareLink,
    /// Where it leads.
    pub conversation: Conversation,
    /// Who created it.
    pub creator: Option<User>,
    /// Who is there.
    pub figures: LinkFigures,
}

/// Who is in the conversation of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkFigures {
    /// Members.
    pub members: i64,
    /// Guests, up to 1,000.
    pub guests: i64,
    /// Those of them who are online.
    pub online_guests: i64,
    /// What all of them read, in order.
    pub languages: Vec<Language>,
}

/// The most guests who are counted.
const MAX_COUNTED: i64 = 1_000;

pub(crate) fn missing() -> ChatError {
    ChatError::NotFound { what: "link" }
}

/// The link with the secret part of a URL or the identifier `reference`, for whoever has it.
pub(crate) fn find_shared(tx: &mut Tx<'_>, reference: &str) -> Result<ShareLink, ChatError> {
    // PostgreSQL would reject it, and no link has it.
    if reference.contains('\0') {
        return Err(missing());
    }
    let asked = (share_links::find(reference), share_links::by_identifier(reference));
    let (by_secret, by_identifier) = tx.fetch(asked)?;
    by_secret.or(by_identifier).ok_or_else(missing)
}

/// The same, or the link with the id `reference`. Ids can be guessed, so this is for those who are in its conversation.
pub(crate) fn find(tx: &mut Tx<'_>, reference: &str) -> Result<ShareLink, ChatError> {
    match reference.parse() {
        Ok(id) => tx.fetch(share_links::by_id(id))?.ok_or_else(missing),
        Err(_) => find_shared(tx, reference),
    }
}

/// The open conversation of a link. A link from the old system may lead to a conversation of two, which nobody joins.
pub(crate) fn conversation_of(tx: &mut Tx<'_>, link: &ShareLink) -> Result<Conversation, ChatError> {
    let found = conversations::find(tx, link.conversation_id)?;
    found.filter(|conversation| conversation.kind != ConversationKind::Direct).ok_or_else(missing)
}

/// Who is in a conversation.
pub(crate) fn figures(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<LinkFigures, StoreError> {
    let since = now.minus(limits::GUEST_ONLINE);
    let asked =
        (conversation_languages::list(conversation.id), guests::count(conversation.id, since, MAX_COUNTED));
    let (languages, (guests, online_guests)) = tx.fetch(asked)?;
    let is_read = |counts: &conversation_languages::Counts| counts.members > 0 || counts.readers > 0;
    Ok(LinkFigures {
        members: conversation.member_count,
        guests,
        online_guests,
        languages: languages.iter().filter(|counts| is_read(counts)).map(|counts| counts.language).collect(),
    })
}

impl ShareLinks {
    /// What everybody may know of a link that works.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such link, or nobody joins by it; [`ChatError::LinkClosed`] when it is closed.
    pub async fn info(&self, reference: &str) -> Result<LinkInfo, ChatError> {
        let (reference, now) = (reference.to_owned(), self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let link = find_shared(tx, &reference)?;
            let conversation = conversation_of(tx, &link)?;
            link.state().check(false, now).map_err(ChatError::LinkClosed)?;
            let creator = tx.fetch(users::find(link.created_by))?;
            let figures = figures(tx, &conversation, now)?;
            Ok(LinkInfo { link, conversation, creator, figures })
        };
        self.context.store.read(read).await
    }

    /// Whether no link has this secret part of a URL or identifier.
    pub async fn is_available(&self, reference: &str) -> Result<bool, ChatError> {
        let reference = reference.to_owned();
        let outcome = self.context.store.read(move |tx| find_shared(tx, &reference)).await;
        match outcome {
            Ok(_) => Ok(false),
            Err(ChatError::NotFound { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
