//! Blocked users cannot be brought together.

use crate::{ChatError, policy};
use meeshy_domain::UserId;
use meeshy_store::{Tx, visibility};

/// Fails if there is a block between the caller and one of some users.
pub(super) fn check_blocked(
    tx: &mut Tx<'_>,
    caller: UserId,
    others: impl IntoIterator<Item = UserId>,
) -> Result<(), ChatError> {
    let others = others.into_iter().filter(|other| *other != caller);
    let pairs: Vec<_> = others.map(|other| visibility::is_blocked(caller, other)).collect();
    let others = pairs.len();
    policy::may_meet(others, tx.fetch(pairs)?.contains(&true))
}
