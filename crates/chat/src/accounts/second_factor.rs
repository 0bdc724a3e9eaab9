//! What a sign-in needs besides a password: an account that is not locked, and a two-factor code (RFC 6238).

use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::second_factor::{Challenge, Protection};
use std::time::Duration;
use totp_rs::{Algorithm, Builder, Secret};

/// How long a challenge is valid.
const CODE_TIMEOUT: Duration = Duration::from_secs(300);

/// Fails if an account is locked; returns whether a code is required.
pub(super) fn check(protection: &Protection, now: Timestamp) -> Result<bool, ChatError> {
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

/// A challenge that is valid for five minutes: its secret, and what to store.
pub(super) fn challenge(context: &Context, user: UserId, remember: bool) -> (String, Challenge) {
    let token = context.secrets.hex(32);
    let challenge = Challenge {
        token_hash: digest(&token).into(),
        user_id: user,
        is_remembered: remember,
        attempts: 0,
        expires_at: context.now().plus(CODE_TIMEOUT),
    };
    (token, challenge)
}

/// A secret in base32 without padding.
fn plain(secret: &str) -> &str {
    secret.trim().trim_end_matches('=')
}

/// The time step of a code, in half minutes since 1970, if it is the current, previous or next one.
pub(super) fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let secret = Secret::try_from_base32(plain(secret).to_ascii_uppercase()).ok()?;
    // Secrets of the old system may be shorter than the RFC requires.
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).with_skew(1).build_noncompliant();
    let step = totp.check(code, u64::try_from(now.millis() / 1000).ok()?)?;
    i64::try_from(step).ok()
}
