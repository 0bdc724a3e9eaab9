//! Sign-ins that need more than a password: locked accounts, and two-factor codes (RFC 6238).

use crate::budget::{Budget, Spent};
use crate::caller::{Device, SignedIn};
use crate::tokens::digest;
use crate::{Chat, ChatError};
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::second_factor::{self, Challenge, Protection};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};
use std::fmt;
use std::time::Duration;
use totp_rs::{Algorithm, Builder, Secret};

/// How long a challenge is valid.
const CODE_TIMEOUT: Duration = Duration::from_secs(300);
/// The most codes that can be tried for one password.
const ATTEMPTS: i64 = 5;
const WRONG_CODE: &str = "wrong code";

/// The result of a correct password. `Debug` shows no token.
#[derive(Clone)]
pub enum SignIn {
    /// Signed in.
    Done(Box<SignedIn>),
    /// A code is required.
    NeedsCode {
        /// The secret to send with the code, within five minutes.
        challenge: String,
        /// The user.
        user: Box<User>,
        /// Whether to remember this device.
        remember: bool,
    },
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(signed_in) => f.debug_tuple("Done").field(signed_in).finish(),
            Self::NeedsCode { user, remember, challenge: _ } => {
                let mut shown = f.debug_struct("NeedsCode");
                shown.field("user", user).field("remember", remember).finish_non_exhaustive()
            }
        }
    }
}

/// A challenge that was answered with the right code.
struct Answered {
    /// The user.
    user: User,
    /// Whether to remember the device.
    remember: bool,
    /// The attempt that was counted.
    spent: Option<Spent>,
}

/// Fails if an account is locked; returns whether a code is required.
pub(crate) fn check(protection: &Protection, now: Timestamp) -> Result<bool, ChatError> {
    if let Some(until) = protection.locked_until.filter(|until| *until > now) {
        let until = jiff::Timestamp::from_millisecond(until.millis()).unwrap_or(jiff::Timestamp::MAX);
        let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
        return Err(ChatError::Forbidden(format!("this account is locked until {until}")));
    }
    // Anybody could generate the codes of an empty secret.
    let has_secret =
        protection.two_factor_secret.as_ref().is_some_and(|secret| !plain(secret.expose()).is_empty());
    if protection.two_factor_enabled_at.is_some() && !has_secret {
        return Err(ChatError::Forbidden(
            "this account requires a code but has no valid secret; ask an administrator".into(),
        ));
    }
    Ok(protection.two_factor_enabled_at.is_some())
}

impl Chat {
    /// Creates a challenge that is valid for five minutes. Returns its secret, and what to store.
    pub(crate) fn challenge(&self, user: UserId, remember: bool) -> (String, Challenge) {
        let token = self.inner.secrets.hex(32);
        let challenge = Challenge {
            token_hash: digest(&token).into(),
            user_id: user,
            is_remembered: remember,
            attempts: 0,
            expires_at: self.now().plus(CODE_TIMEOUT),
        };
        (token, challenge)
    }

    /// Signs in with the code that [`sign_in`](Self::sign_in) asked for.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when the code is wrong or was used before, five were tried, or it took
    /// too long.
    pub async fn sign_in_with_code(
        &self,
        challenge: &str,
        code: &str,
        device: Device,
    ) -> Result<SignedIn, ChatError> {
        let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
        let (hash, now, from) = (digest(challenge), self.now(), device.clone());
        let chat = self.clone();
        let answer = move |tx: &mut Tx<'_>| chat.code_answered(tx, &hash, &code, &from, now);
        // The attempt also counts if the code is wrong, so a wrong code is not an error of the transaction.
        let answered = self.inner.store.write::<_, StoreError>(answer).await??;
        let Answered { user, remember, spent } = answered;
        self.open_session(user, device, remember, None, spent.into_iter().collect()).await
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
        let secret = protection.two_factor_secret.unwrap_or_default();
        // Codes are counted per account too: signing in again with the password gives no further attempts.
        let budget = Budget::of(tx, user.id, device)?;
        let spent = match self.spend(tx, budget) {
            Ok(spent) => spent,
            Err(error) => return Ok(Err(error)),
        };
        let Some(step) = step_of(secret.expose(), code, now) else { return refused(WRONG_CODE) };
        if !second_factor::take_code(tx, user.id, step)? {
            return refused("this code was already used; wait for the next one");
        }
        second_factor::delete_challenge(tx, token_hash)?;
        Ok(Ok(Answered { user, remember: challenge.is_remembered, spent }))
    }
}

/// A secret in base32 without padding.
fn plain(secret: &str) -> &str {
    secret.trim().trim_end_matches('=')
}

/// The time step of a code, in half minutes since 1970, if it is the current, previous or next one.
fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let secret = Secret::try_from_base32(plain(secret).to_ascii_uppercase()).ok()?;
    // Secrets of the old system may be shorter than the RFC requires.
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).with_skew(1).build_noncompliant();
    let step = totp.check(code, u64::try_from(now.millis() / 1000).ok()?)?;
    i64::try_from(step).ok()
}
