//! Signing in where a password is not enough: locked accounts, and codes of a second device (RFC 6238).

use crate::sessions::{Device, SignedIn};
use crate::sign_in::{Budget, Spent};
use crate::tokens::digest;
use crate::{Chat, ChatError};
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::second_factor::{self, Challenge, Protection};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};
use std::fmt;
use std::time::Duration;
use totp_rs::{Algorithm, Builder, Secret};

/// How long somebody may take to show a code.
const CODE_TIMEOUT: Duration = Duration::from_secs(300);
/// Codes that may be tried for one password.
const ATTEMPTS: i64 = 5;
const WRONG_CODE: &str = "the code is not right";

/// How far a password has led. `Debug` shows no token.
#[derive(Clone)]
pub enum SignIn {
    /// In.
    Done(Box<SignedIn>),
    /// To a question for a code.
    NeedsCode {
        /// The secret to show with the code, within five minutes.
        challenge: String,
        /// Whose password it was.
        user: Box<User>,
        /// Whether this device is to be remembered.
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
    /// Whose it was.
    user: User,
    /// Whether to remember the device.
    remember: bool,
    /// The attempt that was counted.
    spent: Option<Spent>,
}

/// Refuses an account that is locked, and says whether a code is needed.
pub(crate) fn check(protection: &Protection, now: Timestamp) -> Result<bool, ChatError> {
    if let Some(until) = protection.locked_until.filter(|until| *until > now) {
        let until = jiff::Timestamp::from_millisecond(until.millis()).unwrap_or(jiff::Timestamp::MAX);
        let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
        return Err(ChatError::Forbidden(format!("this account is locked until {until}")));
    }
    // Anybody could make the codes of an empty secret.
    let has_secret =
        protection.two_factor_secret.as_ref().is_some_and(|secret| !plain(secret.expose()).is_empty());
    if protection.two_factor_enabled_at.is_some() && !has_secret {
        return Err(ChatError::Forbidden(
            "this account wants a code, but nothing is known that could check it; ask an administrator"
                .into(),
        ));
    }
    Ok(protection.two_factor_enabled_at.is_some())
}

impl Chat {
    /// A question for a code, kept for five minutes. Gives the secret that answers it, and what is to be stored.
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
    /// [`ChatError::Unauthenticated`] when the code is wrong or was used before, five were tried, or it took too long.
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
        // The attempt counts also where the code is wrong, so a wrong one is no failure of the transaction.
        let answered = self.inner.store.write::<_, StoreError>(answer).await??;
        let Answered { user, remember, spent } = answered;
        self.open_session(user, device, remember, None, spent.into_iter().collect()).await
    }

    /// What a right code leads to, or why the code is not taken.
    fn code_answered(
        &self,
        tx: &mut Tx<'_>,
        token_hash: &str,
        code: &str,
        device: &Device,
        now: Timestamp,
    ) -> Result<Result<Answered, ChatError>, StoreError> {
        let refused = |reason: &str| Ok(Err(ChatError::Unauthenticated(reason.to_owned())));
        let again = || refused("this took too long, or too many codes were tried; sign in again");
        let Some(challenge) = second_factor::attempt(tx, token_hash)? else { return again() };
        if challenge.expires_at <= now || challenge.attempts > ATTEMPTS {
            second_factor::delete_challenge(tx, token_hash)?;
            return again();
        }
        let protection = second_factor::protection(tx, challenge.user_id)?;
        let user = tx.fetch(users::find(challenge.user_id))?.filter(|user| user.is_active);
        let (Some(user), Ok(true)) = (user, check(&protection, now)) else { return again() };
        let secret = protection.two_factor_secret.unwrap_or_default();
        // Codes are guesses at the account too: who knows the password gets no more of them by signing in again.
        let budget = Budget::of(tx, user.id, device)?;
        let spent = match self.spend(tx, budget) {
            Ok(spent) => spent,
            Err(error) => return Ok(Err(error)),
        };
        let Some(step) = step_of(secret.expose(), code, now) else { return refused(WRONG_CODE) };
        if !second_factor::take_code(tx, user.id, step)? {
            return refused("this code was used already; wait for the next one");
        }
        second_factor::delete_challenge(tx, token_hash)?;
        Ok(Ok(Answered { user, remember: challenge.is_remembered, spent }))
    }
}

/// A secret in base32 without its padding.
fn plain(secret: &str) -> &str {
    secret.trim().trim_end_matches('=')
}

/// The half minute, since 1970, that a code was made for, if that is this one, the one before or the next.
fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let secret = Secret::try_from_base32(plain(secret).to_ascii_uppercase()).ok()?;
    // Secrets of the old system may be shorter than the RFC wants.
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).with_skew(1).build_noncompliant();
    let step = totp.check(code, u64::try_from(now.millis() / 1000).ok()?)?;
    i64::try_from(step).ok()
}
