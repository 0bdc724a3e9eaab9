//! Signing in with a link that is sent by e-mail.

use super::caller::Device;
use super::sign_in::{SignIn, SignIns};
use crate::ChatError;
use crate::mail::Order;
use crate::secrets::digest;
use meeshy_domain::text;
use meeshy_store::{Tx, addresses, mailed_links, second_factor, users};

impl SignIns {
    /// Sends a link that signs in to the owner of an address. The caller does not learn whether it has one.
    ///
    /// # Errors
    /// When it is not an address.
    pub async fn request_link(&self, email: &str, remember: bool) -> Result<(), ChatError> {
        let asked_at = self.context.now();
        let order = Order::SignIn { email: text::email(email)?, remember, asked_at };
        Ok(self.context.store.write(move |tx| order.place(tx)).await?)
    }

    /// Signs in with the token of a link, which works once. An account that needs a code still needs it.
    ///
    /// # Errors
    /// When the link is wrong, has expired or was used; [`ChatError::Forbidden`] when the account is locked.
    pub async fn with_link(&self, token: &str, device: Device) -> Result<SignIn, ChatError> {
        let bad_link = || {
            ChatError::invalid("token", "this link is wrong, has expired or was used; ask for another one")
        };
        let (hash, now) = (digest(token), self.context.now());
        let take = move |tx: &mut Tx<'_>| {
            let (user, remember) = mailed_links::take_sign_in(tx, &hash, now)?.ok_or_else(bad_link)?;
            let user = tx.fetch(users::find_in_good_standing(user, now))?.ok_or_else(bad_link)?;
            // Whoever has the link reads the mail of this address.
            addresses::verify(tx, user.id, now)?;
            Ok::<_, ChatError>((second_factor::protection(tx, user.id)?, user, remember))
        };
        let (protection, user, remember) = self.context.store.write(take).await?;
        self.complete(user, &protection, remember, device, None, Vec::new()).await
    }
}
