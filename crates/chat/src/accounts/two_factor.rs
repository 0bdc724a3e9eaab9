//! Users set up two-factor codes (RFC 6238), and the backup codes for when they have lost their authenticator.

use super::caller::Device;
use super::second_factor::{Shown, hash_of, show, step_of, typed_code};
use super::security::{Confirmed, Security};
use super::validity::take_hash;
use crate::ChatError;
use meeshy_domain::{Secret, Timestamp, UserId};
use meeshy_store::users::{self, User};
use meeshy_store::{Tx, attempts, second_factor};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The name of the service in authenticators.
const ISSUER: &str = "Meeshy";
/// The number of backup codes.
const BACKUP_CODES: usize = 10;
/// The characters of backup codes: none looks like another.
const BACKUP_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// The characters of base32 (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The characters of a secret: 160 bits, as RFC 4226 (section 4) recommends.
const SECRET_CHARS: usize = 32;

/// Whether codes are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoFactorStatus {
    /// Since when a code is required; `None` if none is.
    pub enabled_at: Option<Timestamp>,
    /// The number of unused backup codes.
    pub backup_codes: usize,
}

/// What an authenticator needs. It has no `Debug`.
#[derive(Clone)]
pub struct TwoFactorSetup {
    /// The secret, in base32.
    pub secret: String,
    /// The same as a URL, which authenticators read from a QR code.
    pub url: String,
}

impl Security {
    /// Whether the caller needs codes.
    pub async fn two_factor_status(&self, caller: UserId) -> Result<TwoFactorStatus, ChatError> {
        let read = move |tx: &mut Tx<'_>| {
            let enabled_at = second_factor::protection(tx, caller)?.two_factor_enabled_at;
            let backup_codes = second_factor::backup_codes(tx, caller)?.len();
            Ok(TwoFactorStatus { enabled_at, backup_codes })
        };
        self.context.store.read(read).await
    }

    /// Begins to set up an authenticator. Nothing changes until [`enable_two_factor`](Self::enable_two_factor).
    ///
    /// # Errors
    /// When codes are already required.
    pub async fn set_up_two_factor(&self, caller: &User) -> Result<TwoFactorSetup, ChatError> {
        let secret = self.characters(BASE32, SECRET_CHARS);
        let account = utf8_percent_encode(&caller.username, NON_ALPHANUMERIC);
        let url = format!(
            "otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"
        );
        let (user, pending) = (caller.id, Secret::from(secret.clone()));
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, user)?;
            if second_factor::protection(tx, user)?.two_factor_enabled_at.is_some() {
                return Err(ChatError::InvalidOperation("two-factor sign-in is already on".into()));
            }
            Ok(second_factor::set_pending_secret(tx, user, Some(&pending))?)
        };
        self.context.store.write(write).await?;
        Ok(TwoFactorSetup { secret, url })
    }

    /// Gives up setting up an authenticator.
    pub async fn cancel_two_factor(&self, caller: UserId) -> Result<(), ChatError> {
        let write = move |tx: &mut Tx<'_>| second_factor::set_pending_secret(tx, caller, None);
        Ok(self.context.store.write(write).await?)
    }

    /// Requires codes from now on, if `code` shows that the authenticator was set up. Returns the backup codes,
    /// which are not shown again.
    ///
    /// # Errors
    /// When the code is wrong, or nothing was set up; [`ChatError::TooManyAttempts`] after many wrong ones.
    pub async fn enable_two_factor(
        &self,
        caller: UserId,
        code: &str,
        device: &Device,
    ) -> Result<Vec<String>, ChatError> {
        let (typed, now) = (typed_code(code), self.context.now());
        let (codes, hashes) = self.backup_codes();
        let check = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let pending = second_factor::pending_secret(tx, caller)?.ok_or_else(|| {
                ChatError::InvalidOperation("set up an authenticator before you confirm it".into())
            })?;
            let step = step_of(pending.expose(), &typed, now).ok_or_else(wrong_code)?;
            second_factor::enable(tx, caller, step, now)?;
            Ok(second_factor::set_backup_codes(tx, caller, &hashes)?)
        };
        self.attempt(caller, device, check).await?;
        Ok(codes)
    }

    /// Requires no codes any more. A code is not needed, because who has lost it must be able to do so in an open
    /// session, but if there is one, it has to be right.
    ///
    /// # Errors
    /// When the password or the code is wrong, or no code is required.
    pub async fn disable_two_factor(
        &self,
        caller: UserId,
        password: String,
        code: Option<&str>,
        device: &Device,
    ) -> Result<(), ChatError> {
        let code = code.map(typed_code).filter(|code| !code.is_empty());
        if let Some(code) = code {
            self.show_code(caller, &code, device).await?;
        }
        let confirmed = self.confirm_password(caller, "password", password, device).await?;
        let (Confirmed { user, spent }, now) = (confirmed, self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            spent.iter().try_for_each(|spent| spent.clear(tx, now))?;
            take_hash(tx, &user, None, now)?;
            required(tx, user.id)?;
            second_factor::delete_challenges(tx, user.id)?;
            Ok(second_factor::disable(tx, user.id, now)?)
        };
        self.context.store.write(write).await
    }

    /// Checks a code of a signed-in user; returns whether it is a backup code. Either can be used once.
    ///
    /// # Errors
    /// When the code is wrong or was used, or none is required; [`ChatError::TooManyAttempts`] after many wrong
    /// ones.
    pub async fn verify_code(&self, caller: UserId, code: &str, device: &Device) -> Result<bool, ChatError> {
        self.show_code(caller, &typed_code(code), device).await
    }

    /// Replaces the backup codes, if `code` is right. Returns the new ones.
    ///
    /// # Errors
    /// As [`verify_code`](Self::verify_code).
    pub async fn renew_backup_codes(
        &self,
        caller: UserId,
        code: &str,
        device: &Device,
    ) -> Result<Vec<String>, ChatError> {
        self.show_code(caller, &typed_code(code), device).await?;
        let (codes, hashes) = self.backup_codes();
        let write = move |tx: &mut Tx<'_>| second_factor::set_backup_codes(tx, caller, &hashes);
        self.context.store.write(write).await?;
        Ok(codes)
    }

    async fn show_code(&self, caller: UserId, code: &str, device: &Device) -> Result<bool, ChatError> {
        let (code, now) = (code.to_owned(), self.context.now());
        let check = move |tx: &mut Tx<'_>| {
            required(tx, caller)?;
            let protection = second_factor::protection(tx, caller)?;
            match show(tx, caller, &protection, &code, now)? {
                Shown::Code => Ok(false),
                Shown::BackupCode => Ok(true),
                Shown::Used => {
                    Err(ChatError::invalid("code", "this code was already used; wait for the next one"))
                }
                Shown::Wrong => Err(wrong_code()),
            }
        };
        self.attempt(caller, device, check).await
    }

    /// New backup codes, and what is stored of them.
    fn backup_codes(&self) -> (Vec<String>, Vec<String>) {
        let code = |_| {
            let plain = self.characters(BACKUP_ALPHABET, 8);
            (format!("{}-{}", &plain[..4], &plain[4..]), hash_of(&plain))
        };
        (0..BACKUP_CODES).map(code).unzip()
    }

    /// Random characters of an alphabet, five bits each.
    fn characters(&self, alphabet: &[u8; 32], count: usize) -> String {
        let mut text = String::with_capacity(count);
        while text.len() < count {
            let number = self.context.secrets.number();
            for at in (0..8).take(count - text.len()) {
                let index = usize::try_from((number >> (at * 5)) & 31).unwrap_or_default();
                text.push(char::from(alphabet[index]));
            }
        }
        text
    }
}

/// Fails if the user needs no codes.
fn required(tx: &mut Tx<'_>, user: UserId) -> Result<(), ChatError> {
    let found = tx.fetch(users::find(user))?;
    if found.is_none_or(|user| user.details.two_factor_enabled_at.is_none()) {
        return Err(ChatError::InvalidOperation("two-factor sign-in is off".into()));
    }
    Ok(())
}

fn wrong_code() -> ChatError {
    ChatError::invalid("code", "wrong code")
}
