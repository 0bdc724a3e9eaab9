//! Pictures that users have uploaded for their profiles.

use crate::engine::record::record;
use crate::{StoreError, Tx};
use meeshy_domain::{Timestamp, UserId};

record! {
    /// The picture of a user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Avatar in avatars {
        /// SHA-256 of the user and the content, in hexadecimal.
        pub id: String,
        /// The user.
        pub user_id: UserId,
        /// `image/png` and so on.
        pub mime_type: String,
        /// The file.
        pub content: Vec<u8>,
        /// When it was uploaded.
        pub created_at: Timestamp,
    }
}

/// Replaces the picture of its user.
pub fn replace(tx: &mut Tx<'_>, avatar: &Avatar) -> Result<(), StoreError> {
    remove(tx, avatar.user_id)?;
    tx.insert(avatar)
}

/// Removes the picture of a user.
pub fn remove(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM avatars WHERE user_id = $1", &[user.into()])?;
    Ok(())
}

/// The picture with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Avatar>, StoreError> {
    tx.fetch_optional(&format!("SELECT {} FROM avatars WHERE id = $1", Avatar::columns()), &[id.into()])
}
