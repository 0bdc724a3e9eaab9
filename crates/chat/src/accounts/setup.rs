//! The first administrator: a setup code that the server prints while there is none.

use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_store::{StoreError, Tx, setup};
use std::sync::Arc;

/// Random bytes of a setup code. Ten bytes are 80 bits, far beyond guessing within the limits of registration.
const CODE_BYTES: usize = 10;
/// Digits of a group in the displayed code.
const GROUP: usize = 5;

/// What a new server still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupState {
    /// No active account is an administrator: the setup code creates one.
    pub needs_administrator: bool,
    /// An account exists.
    pub has_accounts: bool,
}

/// The setup of a new server. Cheap to clone.
#[derive(Clone)]
pub struct Setup {
    context: Arc<Context>,
}

impl Setup {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// What this server still needs before it is set up.
    pub async fn state(&self) -> Result<SetupState, ChatError> {
        let read = |tx: &mut Tx<'_>| {
            Ok::<_, StoreError>(SetupState {
                needs_administrator: !setup::has_administrator(tx)?,
                has_accounts: setup::has_accounts(tx)?,
            })
        };
        Ok(self.context.store.read(read).await?)
    }

    /// Creates a new setup code, replacing the one before, while there is no administrator. Only its hash is
    /// stored.
    pub async fn new_code(&self) -> Result<Option<String>, ChatError> {
        let digits = self.context.secrets.hex(CODE_BYTES);
        let (hash, now) = (digest(&digits), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            if setup::has_administrator(tx)? {
                return Ok::<_, StoreError>(None);
            }
            setup::replace_code(tx, &hash, now)?;
            Ok(Some(grouped(&digits)))
        };
        Ok(self.context.store.write(write).await?)
    }

    /// Rejects a setup code that does not create an administrator; called before anything else of a
    /// registration is checked.
    ///
    /// # Errors
    /// [`ChatError::SetupCodeInvalid`] when the code is not the current one, or there is an administrator.
    pub async fn check_code(&self, code: &str) -> Result<(), ChatError> {
        let hash = code_hash(code);
        let read = move |tx: &mut Tx<'_>| {
            Ok::<_, StoreError>(setup::is_code(tx, &hash)? && !setup::has_administrator(tx)?)
        };
        if self.context.store.read(read).await? { Ok(()) } else { Err(ChatError::SetupCodeInvalid) }
    }
}

/// Whether any account exists.
pub(super) fn has_accounts(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    setup::has_accounts(tx)
}

/// Uses up a setup code, in the transaction that registers its administrator.
pub(super) fn take_code(tx: &mut Tx<'_>, code: &str) -> Result<(), ChatError> {
    let is_taken = !setup::has_administrator(tx)? && setup::take_code(tx, &code_hash(code))?;
    if is_taken { Ok(()) } else { Err(ChatError::SetupCodeInvalid) }
}

/// Formats `0123456789abcdef0123` as `01234-56789-ABCDE-F0123`.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.to_ascii_uppercase().chars().collect();
    digits.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The hash of a typed code, in any case and with or without hyphens.
fn code_hash(typed: &str) -> String {
    let digits: String =
        typed.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>().to_ascii_lowercase();
    digest(&digits)
}
