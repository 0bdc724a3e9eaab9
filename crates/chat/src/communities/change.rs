//! Changing and deleting communities.

use super::Communities;
use super::access::seen;
use super::create::{description, identifier};
use super::policy::Action;
use super::view::CommunityView;
use crate::ChatError;
use crate::conversations::picture;
use crate::uploads::show_picture;
use meeshy_domain::{Timestamp, UserId, limits, text};
use meeshy_store::Tx;
use meeshy_store::communities::{self, Community};

/// Changes to a community; `None` leaves an attribute as it is, an empty text clears it.
#[derive(Debug, Clone, Default)]
pub struct CommunityPatch {
    /// The name.
    pub name: Option<String>,
    /// The identifier.
    pub identifier: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The URL of the picture.
    pub avatar: Option<String>,
    /// The URL of the banner.
    pub banner: Option<String>,
    /// Whether only members can see it.
    pub is_private: Option<bool>,
}

impl Communities {
    /// Changes a community.
    ///
    /// # Errors
    /// When a value is invalid, the identifier is taken, or the caller may not.
    pub async fn update(
        &self,
        caller: UserId,
        reference: &str,
        patch: CommunityPatch,
    ) -> Result<CommunityView, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (community, _) = seen(tx, caller, &reference)?;
            communities::lock(tx, community.id)?;
            let (community, standing) = seen(tx, caller, &reference)?;
            standing.check(Action::Change)?;
            let changed = patched(community.clone(), &patch)?;
            if changed == community {
                return service.one_view(tx, caller, community);
            }
            let is_renamed = changed.identifier != community.identifier;
            if is_renamed && tx.fetch(communities::identifier_is_taken(&changed.identifier))? {
                return Err(ChatError::Taken { field: "identifier" });
            }
            let changed = Community { updated_at: service.context.now(), ..changed };
            show_picture(tx, caller, "banner", changed.banner.as_deref(), community.banner.as_deref())?;
            show_picture(tx, caller, "avatar", changed.avatar.as_deref(), community.avatar.as_deref())?;
            communities::update(tx, &changed)?;
            service.one_view(tx, caller, changed)
        };
        self.context.write_unless_there(write).await
    }

    /// Deletes a community. Its conversations stay.
    ///
    /// # Errors
    /// When the caller may not.
    pub async fn delete(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            standing.check(Action::Change)?;
            delete(tx, &community, service.context.now())
        };
        self.context.store.write(write).await
    }
}

/// Deletes a community, and its pictures.
pub(super) fn delete(tx: &mut Tx<'_>, community: &Community, now: Timestamp) -> Result<(), ChatError> {
    for picture in [&community.avatar, &community.banner] {
        show_picture(tx, community.created_by, "avatar", None, picture.as_deref())?;
    }
    Ok(communities::delete(tx, community.id, now)?)
}

fn patched(mut community: Community, patch: &CommunityPatch) -> Result<Community, ChatError> {
    if let Some(name) = &patch.name {
        community.name = text::line("name", name, limits::COMMUNITY_NAME_CHARS)?;
    }
    // Clients send the whole community back; an imported identifier can have another form.
    if let Some(requested) = patch.identifier.as_ref().filter(|new| **new != community.identifier) {
        community.identifier = identifier(requested)?;
    }
    if let Some(about) = &patch.description {
        community.description = description(Some(about))?;
    }
    if let Some(avatar) = &patch.avatar {
        community.avatar = picture("avatar", Some(avatar))?;
    }
    if let Some(banner) = &patch.banner {
        community.banner = picture("banner", Some(banner))?;
    }
    community.is_private = patch.is_private.unwrap_or(community.is_private);
    Ok(community)
}
