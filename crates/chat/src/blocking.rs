//! People of whom one has blocked the other do not meet.

use crate::{ChatError, policy};
use meeshy_domain::UserId;
use meeshy_store::{Tx, visibility};

/// Refuses to bring the caller together with people of whom one has blocked the other.
pub(crate) fn check_blocked(
    tx: &mut Tx<'_>,
    caller: UserId,
    others: impl IntoIterator<Item = UserId>,
) -> Result<(), ChatError> {
    let others = others.into_iter().filter(|other| *other != caller);
    let pairs: Vec<_> = others.map(|other| visibility::is_blocked(caller, other)).collect();
    let others = pairs.len();
    policy::may_meet(others, tx.fetch(pairs)?.contains(&true))
}
