//! Invitations to communities: whoever has the token can join until it expires.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{CommunityId, Timestamp, UserId, limits};

record! {
    /// An invitation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Invite in community_invites {
        /// SHA-256 of the token, in hexadecimal.
        pub token_hash: String,
        /// The community.
        pub community_id: CommunityId,
        /// Who invites.
        pub created_by: UserId,
        /// Since when it is valid.
        pub created_at: Timestamp,
        /// Until when it is valid.
        pub expires_at: Timestamp,
    }
}

/// Adds an invitation, and removes those of its community that have expired or are too many, the oldest first.
pub fn add(tx: &mut Tx<'_>, invite: &Invite) -> Result<(), StoreError> {
    tx.insert(invite)?;
    tx.execute(
        "DELETE FROM community_invites WHERE community_id = $1 AND (expires_at <= $2 OR token_hash IN \
           (SELECT token_hash FROM community_invites WHERE community_id = $1 \
            ORDER BY created_at DESC, token_hash LIMIT 1000 OFFSET $3))",
        &[invite.community_id.into(), invite.created_at.into(), limits::COMMUNITY_INVITES.into()],
    )?;
    Ok(())
}

/// The invitation with this token that is valid at `now`.
pub fn find(token_hash: &str, now: Timestamp) -> Query<Option<Invite>> {
    let columns = Invite::columns();
    Query::optional(
        format!("SELECT {columns} FROM community_invites WHERE token_hash = $1 AND expires_at > $2"),
        vec![token_hash.into(), now.into()],
    )
}
