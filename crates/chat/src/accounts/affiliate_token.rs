//! The referral link of a user.

use super::profiles::Profiles;
use crate::ChatError;
use meeshy_domain::UserId;
use meeshy_store::{Tx, affiliate_tokens};

impl Profiles {
    /// The token of the newest referral link of a user, by id, that works now. Whether there is such a user is not told.
    pub async fn affiliate_token(&self, user: &str) -> Result<Option<String>, ChatError> {
        let Ok(user) = user.parse::<UserId>() else { return Ok(None) };
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| tx.fetch(affiliate_tokens::active(user, now));
        Ok(self.context.store.read(read).await?)
    }
}
