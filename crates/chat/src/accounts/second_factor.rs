//! What a sign-in needs besides a password: an account that is not locked, and a two-factor code (RFC 6238).

use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::second_factor::{self, Challenge, Protection};
use meeshy_store::{StoreError, Tx, attempts};
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

/// The length of a backup code. That of the codes of authenticators is six.
const BACKUP_CODE_CHARS: usize = 8;

/// What a code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The code of the authenticator.
    Code,
    /// A backup code, which was used up.
    BackupCode,
    /// The code of the authenticator, but it was used before.
    Used,
    /// Neither.
    Wrong,
}

/// What is stored of a backup code, which is in upper case without hyphens.
pub(super) fn hash_of(backup_code: &str) -> String {
    digest(backup_code)
}

/// Checks a code as it was typed, without spaces and hyphens and in upper case, and records that it was used.
pub(super) fn show(
    tx: &mut Tx<'_>,
    user: UserId,
    protection: &Protection,
    code: &str,
    now: Timestamp,
) -> Result<Shown, StoreError> {
    if code.len() == BACKUP_CODE_CHARS {
        // The list is written as it is read here.
        attempts::lock(tx, user)?;
        let mut left = second_factor::backup_codes(tx, user)?;
        // The old system hashed its codes as hexadecimal digits in either case.
        let hashes = [hash_of(code), hash_of(&code.to_ascii_lowercase())];
        let Some(at) = left.iter().position(|hash| hashes.contains(hash)) else { return Ok(Shown::Wrong) };
        left.remove(at);
        second_factor::set_backup_codes(tx, user, &left)?;
        return Ok(Shown::BackupCode);
    }
    let secret = protection.two_factor_secret.as_ref().map_or("", |secret| secret.expose());
    let Some(step) = step_of(secret, code, now) else { return Ok(Shown::Wrong) };
    Ok(if second_factor::take_code(tx, user, step)? { Shown::Code } else { Shown::Used })
}

/// A code without the spaces and hyphens that people type.
pub(super) fn typed_code(code: &str) -> String {
    let kept = code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16);
    kept.flat_map(char::to_uppercase).collect()
}
