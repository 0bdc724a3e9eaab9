//! Creating links.

use super::{NewShareLink, ShareLinks};
use crate::access::{find_with_member, member};
use crate::policy::{Action, Standing};
use crate::{ChatError, NewConversation};
use meeshy_domain::{ShareLinkId, Timestamp, UserId, limits};
use meeshy_store::Tx;
use meeshy_store::share_links::{self, ShareLink};

/// Random bytes in the secret part of the URL of a link.
const SECRET_BYTES: usize = 12;

/// A link, and the URL that leads to the web client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedLink {
    /// The link.
    pub link: ShareLink,
    /// Its URL.
    pub url: String,
}

impl ShareLinks {
    /// Creates a conversation, and a link to it.
    ///
    /// # Errors
    /// As [`create`](Self::create), and [`Conversations::create`](crate::Conversations::create). If the link is invalid,
    /// there is no conversation.
    pub async fn create_with_conversation(
        &self,
        caller: UserId,
        conversation: NewConversation,
        new: NewShareLink,
    ) -> Result<CreatedLink, ChatError> {
        new.texts()?;
        new.check_limits(self.context.now())?;
        new.guests.origins()?;
        let opened = self.conversations.create(caller, conversation).await?;
        self.create(caller, &opened.conversation.id.to_string(), new).await
    }

    /// Creates a link to a conversation.
    ///
    /// # Errors
    /// When the caller may not, a limit of the link is invalid, or too many links of the caller are turned on there.
    pub async fn create(
        &self,
        caller: UserId,
        reference: &str,
        new: NewShareLink,
    ) -> Result<CreatedLink, ChatError> {
        let now = self.context.now();
        let (name, description) = new.texts()?;
        new.check_limits(now)?;
        let origins = new.guests.origins()?;
        let id: ShareLinkId = self.context.new_id();
        let link_id = self.link_id(id, now);
        let url = format!("{}/join/{link_id}", self.site);
        let (reference, guests) = (reference.to_owned(), new.guests);
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            Standing::from(&by).check(Action::CreateLink(conversation.kind))?;
            if tx.fetch(share_links::count_open(conversation.id, caller, now))? >= limits::OWN_SHARE_LINKS {
                let most = limits::OWN_SHARE_LINKS;
                return Err(ChatError::InvalidOperation(format!(
                    "you have {most} links to this conversation already"
                )));
            }
            let link = ShareLink {
                id,
                link_id: link_id.clone(),
                // A name that says more would be easier to guess.
                identifier: link_id.clone(),
                conversation_id: conversation.id,
                created_by: caller,
                name: name.clone(),
                description: description.clone(),
                max_uses: new.max_uses,
                current_uses: 0,
                max_concurrent_users: new.max_concurrent_users,
                current_concurrent_users: 0,
                max_unique_sessions: new.max_unique_sessions,
                current_unique_sessions: 0,
                expires_at: new.expires_at,
                is_active: true,
                allow_anonymous_messages: guests.allow_messages,
                allow_anonymous_files: guests.allow_files,
                allow_anonymous_images: guests.allow_images,
                allow_view_history: guests.allow_view_history,
                require_account: guests.require_account,
                require_nickname: guests.require_nickname,
                require_email: guests.require_email,
                require_birthday: guests.require_birthday,
                allowed_countries: origins.countries.clone(),
                allowed_languages: origins.languages.clone(),
                allowed_ip_ranges: origins.ip_ranges.clone(),
                created_at: now,
                updated_at: now,
            };
            share_links::insert(tx, &link)?;
            Ok::<_, ChatError>(link)
        };
        Ok(CreatedLink { link: self.context.store.write(write).await?, url })
    }

    /// `mshy_<id>.<time>_<secret>`, as old clients know it.
    fn link_id(&self, id: ShareLinkId, now: Timestamp) -> String {
        let time = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default();
        let secret = self.context.secrets.hex(SECRET_BYTES);
        format!("mshy_{id}.{}_{secret}", time.strftime("%y%m%d%H%M"))
    }
}
