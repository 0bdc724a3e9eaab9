//! What somebody who enters a number is shown of the account that has it.

use meeshy_domain::mask;
use meeshy_store::users::User;

/// The owner of a number, so that they recognise themself, and others learn little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneOwner {
    /// The number (E.164).
    pub phone_number: String,
    /// The displayed name, masked.
    pub display_name: String,
    /// The username, masked.
    pub username: String,
    /// The address, masked.
    pub email: String,
    /// Whether there is a picture, which is not shown.
    pub has_avatar: bool,
}

impl PhoneOwner {
    pub(crate) fn of(user: &User, phone_number: &str) -> Self {
        Self {
            phone_number: phone_number.to_owned(),
            display_name: mask::name(&user.display_name),
            username: mask::name(&user.username),
            email: mask::email(&user.email),
            has_avatar: user.avatar.is_some(),
        }
    }
}
