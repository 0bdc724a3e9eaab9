//! The communities that a caller may see.

use super::policy::{Action, Standing};
use crate::ChatError;
use meeshy_domain::UserId;
use meeshy_store::communities::{self, Community, Found, Reference};
use meeshy_store::community_members::Past;
use meeshy_store::{Query, Tx};

/// A community that the caller may see, by its id or identifier, and what the caller is in it.
pub(super) fn seen(
    tx: &mut Tx<'_>,
    caller: UserId,
    reference: &str,
) -> Result<(Community, Standing), ChatError> {
    let (community, standing, _) = known(tx.fetch(find(caller, reference))?, caller)?;
    standing.check(Action::See { is_private: community.is_private })?;
    Ok((community, standing))
}

/// The community with the id or identifier `reference`, for [`known`].
pub(super) fn find(caller: UserId, reference: &str) -> Query<Option<Found>> {
    match reference.parse() {
        Ok(id) => communities::find(Reference::Id(id), caller),
        // PostgreSQL would reject it, and no community has it.
        Err(_) if reference.contains('\0') => Query::known(None),
        Err(_) => communities::find(Reference::Identifier(reference), caller),
    }
}

/// A community whether the caller may see it or not, and what the caller is and was in it.
pub(super) fn known(
    found: Option<Found>,
    caller: UserId,
) -> Result<(Community, Standing, Option<Past>), ChatError> {
    let found = found.ok_or(ChatError::NotFound { what: "community" })?;
    let Found { community, site_role, past } = found;
    let role = match past {
        Some(Past::Active(role)) => Some(role),
        Some(Past::Ended | Past::Banned) | None => None,
    };
    let standing = Standing { is_creator: community.created_by == caller, role, site: site_role };
    Ok((community, standing, past))
}
