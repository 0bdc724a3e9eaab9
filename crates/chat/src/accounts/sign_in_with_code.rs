//! The second step of a sign-in: a two-factor code.

use super::budget::{Budget, Spent};
use super::caller::{Device, SignedIn};
use super::second_factor::{Shown, check, show, typed_code};
use super::sign_in::SignIns;
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::Timestamp;
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx, second_factor};

/// The most codes that can be tried for one password.
const ATTEMPTS: i64 = 5;
const WRONG_CODE: &str = "wrong code";

/// A challenge that was answered with the right code.
struct Answered {
    /// The user.
    user: User,
    /// Whether to remember the device.
    remember: bool,
    /// The attempt that was counted.
    spent: Option<Spent>,
}

impl SignIns {
    /// Signs in with the code that [`with_password`](Self::with_password) asked for, or a backup code.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when the code is wrong or was used before, five were tried, or it took
    /// too long.
    pub async fn with_code(
        &self,
        challenge: &str,
        code: &str,
        device: Device,
    ) -> Result<SignedIn, ChatError> {
        let code = typed_code(code);
        let (hash, now, from) = (digest(challenge), self.context.now(), device.clone());
        let service = self.clone();
        let answer = move |tx: &mut Tx<'_>| service.code_answered(tx, &hash, &code, &from, now);
        // The attempt also counts if the code is wrong, so a wrong code is not an error of the transaction.
        let answered = self.context.store.write::<_, StoreError>(answer).await??;
        let Answered { user, remember, spent } = answered;
        self.sessions.open(user, device, remember, None, spent.into_iter().collect()).await
    }

    /// The result of a right code, or the reason why the code is rejected.
    fn code_answered(
        &self,
        tx: &mut Tx<'_>,
        token_hash: &str,
        code: &str,
        device: &Device,
        now: Timestamp,
    ) -> Result<Result<Answered, ChatError>, StoreError> {
        let refused = |reason: &str| Ok(Err(ChatError::Unauthenticated(reason.to_owned())));
        let again = || refused("the sign-in has expired or too many codes were tried; sign in again");
        let Some(challenge) = second_factor::attempt(tx, token_hash)? else { return again() };
        if challenge.expires_at <= now || challenge.attempts > ATTEMPTS {
            second_factor::delete_challenge(tx, token_hash)?;
            return again();
        }
        let protection = second_factor::protection(tx, challenge.user_id)?;
        let user = tx.fetch(users::find(challenge.user_id))?.filter(|user| user.is_active);
        let (Some(user), Ok(true)) = (user, check(&protection, now)) else { return again() };
        // Codes are counted per account too: signing in again with the password gives no further attempts.
        let budget = Budget::of(tx, user.id, device)?;
        let spent = match self.spend(tx, budget) {
            Ok(spent) => spent,
            Err(error) => return Ok(Err(error)),
        };
        match show(tx, user.id, &protection, code, now)? {
            Shown::Code | Shown::BackupCode => {}
            Shown::Used => return refused("this code was already used; wait for the next one"),
            Shown::Wrong => return refused(WRONG_CODE),
        }
        second_factor::delete_challenge(tx, token_hash)?;
        Ok(Ok(Answered { user, remember: challenge.is_remembered, spent }))
    }
}
