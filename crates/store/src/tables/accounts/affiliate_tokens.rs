//! Referral links of users.

use crate::Query;
use meeshy_domain::{Timestamp, UserId};

/// The token of the newest referral link of a user that works now.
pub fn active(user: UserId, now: Timestamp) -> Query<Option<String>> {
    Query::optional(
        "SELECT t.token FROM affiliate_tokens t JOIN users u ON u.id = t.created_by \
         WHERE t.created_by = $1 AND t.is_active AND (t.expires_at IS NULL OR t.expires_at > $2) \
           AND (t.max_uses IS NULL OR t.current_uses < t.max_uses) AND u.is_active AND u.deleted_at IS NULL \
         ORDER BY t.created_at DESC, t.id DESC LIMIT 1",
        vec![user.into(), now.into()],
    )
}
