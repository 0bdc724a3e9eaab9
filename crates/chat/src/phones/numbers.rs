//! Numbers as people type them.

use crate::ChatError;
use meeshy_domain::{PhoneRefusal, phone};

/// The stored form of a typed number; one without a calling code is of `country` (two letters), by default of
/// France.
pub(crate) fn parsed(typed: &str, country: Option<&str>) -> Result<String, ChatError> {
    phone::international(typed, country).ok_or(ChatError::PhoneCode(PhoneRefusal::InvalidPhone))
}
