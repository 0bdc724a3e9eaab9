//! Who may do what. Each rule decides over what was loaded; none reads anything.

use crate::{Caller, ChatError};
use meeshy_domain::Permission;

impl Caller {
    /// Refuses who lacks a permission.
    ///
    /// # Errors
    /// [`ChatError::Forbidden`] when the caller's role does not allow it.
    pub fn require(&self, permission: Permission) -> Result<(), ChatError> {
        if self.user.role.allows(permission) {
            return Ok(());
        }
        Err(ChatError::Forbidden(format!("this needs the permission {permission}")))
    }
}
