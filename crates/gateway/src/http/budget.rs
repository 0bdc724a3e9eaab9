//! What one account may do in a window of time, whichever door it comes through: REST, or any of its sockets; and how often
//! somebody without one may guess.

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::limits::Limit;
use crate::http::rate_limit::{Limiter, TooMany};
use meeshy_chat::{CallLimit, Chat};
use meeshy_domain::{Actor, ConversationId, UserId};

impl App {
    /// Counts a try with a password, a code or a link, in the limit that all of them share.
    pub async fn count_attempt(&self, caller: &str) -> Result<(), ApiError> {
        self.count_guess(&[(self.limiter.limits.authentication, caller)]).await
    }

    /// Counts a call that could be a guess: in each of these limits the calls of a caller, over all gateways. What this gateway alone
    /// has seen too often does not reach the database.
    pub async fn count_guess(&self, counted: &[(Option<Limit>, &str)]) -> Result<(), ApiError> {
        let counted: Vec<(Limit, &str)> =
            counted.iter().filter_map(|(limit, caller)| limit.map(|limit| (limit, *caller))).collect();
        for (limit, caller) in &counted {
            self.limiter.count(Some(*limit), caller)?;
        }
        let shared = counted.iter().map(|(limit, caller)| CallLimit {
            name: limit.name(),
            caller: (*caller).to_owned(),
            max_calls: limit.calls(),
            window: limit.window(),
        });
        match self.chat.call_limits().count(shared.collect()).await? {
            None => Ok(()),
            Some((place, retry_after)) => Err(TooMany { limit: counted[place].0, retry_after }.into()),
        }
    }
}

impl Limiter {
    /// Counts an event of a socket.
    pub fn count_event(&self, user: impl Into<Actor>) -> Result<(), TooMany> {
        self.count(self.limits.events, &user.into().to_string()).map(drop)
    }

    /// Counts texts that may need an engine.
    pub fn count_translations(&self, user: impl Into<Actor>, texts: usize) -> Result<(), TooMany> {
        let texts = u32::try_from(texts).unwrap_or(u32::MAX);
        self.count_many(self.limits.translation, &user.into().to_string(), texts).map(drop)
    }

    /// Counts a translation requested by reading a page; returns whether it is allowed.
    pub fn allows_page_translation(&self, user: impl Into<Actor>) -> bool {
        self.count(self.limits.page_translations, &user.into().to_string()).is_ok()
    }

    /// Counts a new conversation, which notifies all its members.
    pub fn count_conversation(&self, user: UserId) -> Result<(), TooMany> {
        self.count(self.limits.conversations, &user.to_string()).map(drop)
    }

    /// Counts an edit or a deletion, which is stored and delivered like a message.
    pub fn count_edit(&self, user: impl Into<Actor>) -> Result<(), TooMany> {
        self.count(self.limits.messages, &user.into().to_string()).map(drop)
    }

    /// Counts a change of a reaction, which is stored and delivered like a message.
    pub fn count_reaction(&self, user: impl Into<Actor>) -> Result<(), TooMany> {
        self.count(self.limits.messages, &user.into().to_string()).map(drop)
    }

    /// Counts something about a call.
    pub fn count_call(&self, limit: Option<Limit>, user: UserId) -> Result<(), TooMany> {
        self.count(limit, &user.to_string()).map(drop)
    }

    /// Counts a message. A conversation has one budget, whether it is named by id or identifier.
    pub async fn count_message(
        &self,
        chat: &Chat,
        user: impl Into<Actor>,
        conversation: &str,
    ) -> Result<(), ApiError> {
        let user = user.into();
        self.count(self.limits.messages, &user.to_string())?;
        let Some(limit) = self.limits.conversation_messages else { return Ok(()) };
        let id: ConversationId = match conversation.parse() {
            Ok(id) => id,
            Err(_) => match user {
                Actor::User(user) => chat.conversations().membership(user, conversation).await?,
                Actor::Guest(guest) => chat.guests().place(guest, conversation).await?,
            },
        };
        self.count(Some(limit), &format!("{user} {id}"))?;
        Ok(())
    }
}
