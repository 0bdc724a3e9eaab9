//! Creating communities.

use super::Communities;
use super::view::CommunityView;
use crate::ChatError;
use crate::conversations::{given_identifier, picture, slug};
use crate::uploads::show_picture;
use meeshy_domain::{CommunityRole, UserId, limits, text};
use meeshy_store::Tx;
use meeshy_store::communities::{self, Community};
use meeshy_store::community_members::{self, NewCommunityMember};

/// A new community.
#[derive(Debug, Clone, Default)]
pub struct NewCommunity {
    /// The name.
    pub name: String,
    /// The requested identifier; without one, it is made from the name.
    pub identifier: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The URL of the picture.
    pub avatar: Option<String>,
    /// The URL of the banner.
    pub banner: Option<String>,
    /// Whether only members can see it.
    pub is_private: bool,
}

impl Communities {
    /// Creates a community, whose first member is the caller.
    ///
    /// # Errors
    /// When a field is invalid, the requested identifier is taken, or the caller has created too many.
    pub async fn create(&self, caller: UserId, new: NewCommunity) -> Result<CommunityView, ChatError> {
        let name = text::line("name", &new.name, limits::COMMUNITY_NAME_CHARS)?;
        let given = |value: Option<String>| value.filter(|text| !text.trim().is_empty());
        let requested = given(new.identifier).as_deref().map(identifier).transpose()?;
        let now = self.context.now();
        let community = Community {
            id: self.context.new_id(),
            identifier: requested.clone().unwrap_or_else(|| self.identifier_for(&name)),
            name,
            description: description(new.description.as_deref())?,
            avatar: picture("avatar", new.avatar.as_deref())?,
            banner: picture("banner", new.banner.as_deref())?,
            is_private: new.is_private,
            created_by: caller,
            created_at: now,
            updated_at: now,
            member_count: 1,
            conversation_count: 0,
        };
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let mut community = community.clone();
            let asked =
                (communities::identifier_is_taken(&community.identifier), communities::created_by(caller));
            let (is_taken, created) = tx.fetch(asked)?;
            if created >= limits::OWN_COMMUNITIES {
                let problem = format!("you can create at most {} communities", limits::OWN_COMMUNITIES);
                return Err(ChatError::InvalidOperation(problem));
            }
            if is_taken && requested.is_some() {
                return Err(ChatError::Taken { field: "identifier" });
            }
            if is_taken {
                community.identifier = format!("{}-{}", community.identifier, service.context.secrets.hex(4));
            }
            for (field, url) in [("avatar", &community.avatar), ("banner", &community.banner)] {
                show_picture(tx, caller, field, url.as_deref(), None)?;
            }
            communities::insert(tx, &community)?;
            let creator = NewCommunityMember {
                id: service.context.new_id(),
                user_id: caller,
                role: CommunityRole::Admin,
                joined_at: community.created_at,
            };
            community_members::join(tx, community.id, &[creator])?;
            service.one_view(tx, caller, community)
        };
        self.context.write_unless_there(write).await
    }

    /// `mshy_<slug of the name>`, or `mshy_<random>` if nothing is left of it.
    fn identifier_for(&self, name: &str) -> String {
        match slug(name) {
            slug if slug.is_empty() => format!("mshy_{}", self.context.secrets.hex(4)),
            slug => format!("mshy_{slug}"),
        }
    }
}

/// `mshy_<requested>`.
pub(super) fn identifier(requested: &str) -> Result<String, ChatError> {
    match given_identifier(requested.trim())? {
        identifier if identifier == "mshy_" => Err(ChatError::invalid("identifier", "must not be empty")),
        identifier => Ok(identifier),
    }
}

/// The description; an empty one is none.
pub(super) fn description(typed: Option<&str>) -> Result<Option<String>, ChatError> {
    let Some(typed) = typed else { return Ok(None) };
    let about = text::paragraph("description", typed, limits::DESCRIPTION_CHARS)?;
    Ok(Some(about.to_owned()).filter(|about| !about.is_empty()))
}
