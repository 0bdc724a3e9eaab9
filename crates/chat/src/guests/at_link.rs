//! A conversation as those see it who are there by a link, and those who are members.

use super::Guests;
use crate::ChatError;
use crate::access::{Party, present};
use crate::share_links::LinkFigures;
use crate::share_links::find::{conversation_of, figures, find};
use meeshy_domain::{Actor, limits};
use meeshy_store::Tx;
use meeshy_store::guests::{self as table, GuestParticipant};
use meeshy_store::share_links::ShareLink;

/// A link, as those see it who are in its conversation.
#[derive(Debug, Clone)]
pub struct LinkPage {
    /// The link.
    pub link: ShareLink,
    /// The guests who are there, at most [`limits::SHOWN_GUESTS`].
    pub guests: Vec<GuestParticipant>,
    /// Who is there.
    pub figures: LinkFigures,
}

impl Guests {
    /// The link that a caller names, if they take part in its conversation: as a member, or as a guest who came by it.
    ///
    /// # Errors
    /// When there is no such link, or the caller does not take part by it.
    pub async fn link_of(&self, caller: impl Into<Actor>, reference: &str) -> Result<ShareLink, ChatError> {
        let (service, reference, caller) = (self.clone(), reference.to_owned(), caller.into());
        self.context.store.read(move |tx| service.link_in(tx, caller, &reference)).await
    }

    /// The same, with those who are there.
    ///
    /// # Errors
    /// As [`link_of`](Self::link_of).
    pub async fn link_page(&self, caller: impl Into<Actor>, reference: &str) -> Result<LinkPage, ChatError> {
        let (service, reference, caller) = (self.clone(), reference.to_owned(), caller.into());
        let read = move |tx: &mut Tx<'_>| {
            let link = service.link_in(tx, caller, &reference)?;
            let conversation = conversation_of(tx, &link)?;
            let figures = figures(tx, &conversation, service.context.now())?;
            let guests = tx.fetch(table::page(conversation.id, "", limits::SHOWN_GUESTS))?;
            Ok(LinkPage { link, guests, figures })
        };
        self.context.store.read(read).await
    }

    fn link_in(&self, tx: &mut Tx<'_>, caller: Actor, reference: &str) -> Result<ShareLink, ChatError> {
        let link = find(tx, reference)?;
        let there = present(tx, caller, &link.conversation_id.to_string(), self.context.now())?;
        match there.party {
            Party::Guest(seat) if seat.share_link_id != link.id => Err(ChatError::NotAMember),
            _ => Ok(link),
        }
    }
}
