//! Authorization rules of communities. Each rule is a function of loaded data; none reads the database.

use crate::ChatError;
use meeshy_domain::{CommunityRole, Permission, Role};

/// What a user is in a community and on the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Whether the user has created the community.
    pub is_creator: bool,
    /// The role in the community; `None` if the user is not a member.
    pub role: Option<CommunityRole>,
    /// The role on the server.
    pub site: Role,
}

/// An action of a user.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Seeing the community, its members, and that it exists in lists.
    See { is_private: bool },
    /// Changing its attributes, and deleting it.
    Change,
    /// Joining it; `is_invited` by a link.
    Join { is_private: bool, is_banned: bool, is_invited: bool },
    /// Leaving it.
    Leave,
    /// Inviting users by a link.
    Invite,
    /// Adding a member with this role.
    Add(CommunityRole),
    /// Removing or banning a member with this role.
    Remove(Target),
    /// Changing the role of a member to this one.
    SetRole(Target, CommunityRole),
}

/// A member on whom somebody acts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub is_creator: bool,
    pub role: CommunityRole,
}

impl Standing {
    /// Whether the user is a member, or has created the community.
    pub fn belongs(self) -> bool {
        self.is_creator || self.role.is_some()
    }

    /// Fails if the user may not do this.
    ///
    /// # Errors
    /// [`ChatError::Forbidden`] with the rule.
    pub fn check(self, action: Action) -> Result<(), ChatError> {
        match action {
            Action::See { is_private: true } if !self.belongs() => {
                refuse("only its members can see a private community")
            }
            Action::See { .. } => Ok(()),
            Action::Change if self.is_creator || self.administers() => Ok(()),
            Action::Change => refuse("only the creator can change a community"),
            Action::Join { is_banned: true, .. } => refuse("you were banned from this community"),
            Action::Join { is_private: true, is_invited: false, .. } if !self.belongs() => {
                refuse("a private community can only be joined by invitation")
            }
            Action::Join { .. } => Ok(()),
            Action::Leave if self.is_creator => {
                refuse("the creator cannot leave a community, only delete it")
            }
            Action::Leave => Ok(()),
            Action::Invite if self.is_at_least(CommunityRole::Moderator) => Ok(()),
            Action::Invite => refuse("only moderators can invite to a community"),
            Action::Add(role) if self.manages(role) => Ok(()),
            Action::Add(_) => refuse("only administrators can add members, with a role below their own"),
            Action::Remove(Target { is_creator: true, .. })
            | Action::SetRole(Target { is_creator: true, .. }, _) => {
                refuse("the creator of a community stays its administrator")
            }
            Action::Remove(target) if self.manages(target.role) => Ok(()),
            Action::Remove(_) => refuse("only administrators can remove members, and only those below them"),
            Action::SetRole(target, role) if self.manages(target.role) && self.manages(role) => Ok(()),
            Action::SetRole(..) => {
                refuse("only administrators can change roles, and only those below their own")
            }
        }
    }

    /// Whether the user adds, removes and changes members with this role.
    fn manages(self, role: CommunityRole) -> bool {
        let is_above_all = self.is_creator || self.administers();
        is_above_all || (self.role == Some(CommunityRole::Admin) && role != CommunityRole::Admin)
    }

    fn is_at_least(self, role: CommunityRole) -> bool {
        let has_role = self.role.is_some_and(|own| own.is_at_least(role));
        has_role || self.is_creator || self.administers()
    }

    fn administers(self) -> bool {
        self.site.allows(Permission::ManageGroups)
    }
}

fn refuse(why: &str) -> Result<(), ChatError> {
    Err(ChatError::Forbidden(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use CommunityRole::{Admin, Member, Moderator};

    const STRANGER: Standing = Standing { is_creator: false, role: None, site: Role::User };
    const CREATOR: Standing = Standing { is_creator: true, role: Some(Admin), ..STRANGER };

    fn of(role: CommunityRole) -> Standing {
        Standing { role: Some(role), ..STRANGER }
    }

    fn on_site(site: Role) -> Standing {
        Standing { site, ..STRANGER }
    }

    fn other(role: CommunityRole) -> Target {
        Target { is_creator: false, role }
    }

    fn join(is_private: bool, is_banned: bool, is_invited: bool) -> Action {
        Action::Join { is_private, is_banned, is_invited }
    }

    #[test]
    fn the_rules() {
        let (private, public) = (Action::See { is_private: true }, Action::See { is_private: false });
        let creator = Target { is_creator: true, role: Admin };
        let cases = [
            ("everybody sees a public community", STRANGER, public, true),
            ("only members see a private one", of(Member), private, true),
            ("others do not", STRANGER, private, false),
            ("nor do administrators of the server", on_site(Role::BigBoss), private, false),
            ("its creator changes it", CREATOR, Action::Change, true),
            ("its administrators do not", of(Admin), Action::Change, false),
            ("administrators of the server do", on_site(Role::Admin), Action::Change, true),
            ("moderators of the server do not", on_site(Role::Moderator), Action::Change, false),
            ("everybody joins a public one", STRANGER, join(false, false, false), true),
            ("nobody a private one", STRANGER, join(true, false, false), false),
            ("except by invitation", STRANGER, join(true, false, true), true),
            ("who was banned does not", STRANGER, join(false, true, true), false),
            ("members leave", of(Admin), Action::Leave, true),
            ("the creator does not", CREATOR, Action::Leave, false),
            ("moderators invite", of(Moderator), Action::Invite, true),
            ("members do not", of(Member), Action::Invite, false),
            ("administrators add moderators", of(Admin), Action::Add(Moderator), true),
            ("but no administrators", of(Admin), Action::Add(Admin), false),
            ("which the creator does", CREATOR, Action::Add(Admin), true),
            ("moderators add nobody", of(Moderator), Action::Add(Member), false),
            ("administrators remove moderators", of(Admin), Action::Remove(other(Moderator)), true),
            ("but not each other", of(Admin), Action::Remove(other(Admin)), false),
            ("the creator removes them", CREATOR, Action::Remove(other(Admin)), true),
            ("nobody removes the creator", on_site(Role::BigBoss), Action::Remove(creator), false),
            ("administrators promote", of(Admin), Action::SetRole(other(Member), Moderator), true),
            ("but not to their own role", of(Admin), Action::SetRole(other(Member), Admin), false),
            ("the creator does", CREATOR, Action::SetRole(other(Member), Admin), true),
            ("and stays what he is", CREATOR, Action::SetRole(creator, Member), false),
        ];
        for (rule, who, action, allowed) in cases {
            assert_eq!(who.check(action).is_ok(), allowed, "{rule}");
        }
    }
}
