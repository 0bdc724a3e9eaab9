//! Numbers as people type them.

use crate::ChatError;
use meeshy_domain::{PhoneRefusal, limits, phone};

/// The stored form of a typed number; one without a calling code is of `country` (two letters), by default of
/// France.
pub(crate) fn parsed(typed: &str, country: Option<&str>) -> Result<String, ChatError> {
    let is_short = typed.chars().count() <= limits::PHONE_CHARS;
    let number = if is_short { phone::international(typed, country) } else { None };
    number.ok_or(ChatError::PhoneCode(PhoneRefusal::InvalidPhone))
}
