//! Roles and their permissions.

use crate::named::named;

named!(
    /// A user's role on the server.
    Role, "role" {
        /// A regular user.
        User = "USER",
        /// An administrator of the server.
        Admin = "ADMIN",
        /// Moderates.
        Moderator = "MODERATOR",
        /// The owner of the server.
        BigBoss = "BIGBOSS",
        /// Reads the audit log.
        Audit = "AUDIT",
        /// Reads the statistics.
        Analyst = "ANALYST",
    }
);

named!(
    /// A member's role in a conversation.
    MemberRole, "member role" {
        /// Created it.
        Creator = "CREATOR",
        /// An administrator of it.
        Admin = "ADMIN",
        /// Moderates it.
        Moderator = "MODERATOR",
        /// Participates.
        Member = "MEMBER",
    }
);

named!(
    /// A member's role in a community. Who has created it is another attribute.
    CommunityRole, "role in a community" {
        /// Adds and removes members.
        Admin = "admin",
        /// Invites users, and keeps the glossary.
        Moderator = "moderator",
        /// Participates.
        Member = "member",
    }
);

named!(
    /// A permission of a role on the server. Clients use it to show or hide the administration.
    Permission, "permission" {
        /// Opening the administration.
        AccessAdmin = "canAccessAdmin",
        /// Changing other users' accounts.
        ManageUsers = "canManageUsers",
        /// Changing communities.
        ManageGroups = "canManageGroups",
        /// Changing other users' conversations.
        ManageConversations = "canManageConversations",
        /// Viewing statistics.
        ViewAnalytics = "canViewAnalytics",
        /// Editing and removing other users' messages.
        ModerateContent = "canModerateContent",
        /// Viewing the audit log.
        ViewAuditLogs = "canViewAuditLogs",
        /// Sending notifications to everybody.
        ManageNotifications = "canManageNotifications",
        /// Changing how translation works.
        ManageTranslations = "canManageTranslations",
    }
);

impl Role {
    /// The permissions of this role.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{
            AccessAdmin, ManageConversations, ManageGroups, ManageNotifications, ManageUsers,
            ModerateContent, ViewAnalytics, ViewAuditLogs,
        };
        match self {
            Self::User => &[],
            Self::BigBoss => Permission::ALL,
            Self::Admin => &[
                AccessAdmin,
                ManageUsers,
                ManageGroups,
                ManageConversations,
                ViewAnalytics,
                ModerateContent,
                ManageNotifications,
            ],
            Self::Moderator => &[AccessAdmin, ModerateContent, ManageConversations],
            Self::Audit => &[AccessAdmin, ViewAuditLogs, ViewAnalytics],
            Self::Analyst => &[AccessAdmin, ViewAnalytics],
        }
    }

    /// Whether this role has a permission.
    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

impl MemberRole {
    /// Whether this role is at least `least`: each role has the permissions of those below it.
    pub fn is_at_least(self, least: Self) -> bool {
        let rank = |role| Self::ALL.iter().position(|known| *known == role);
        rank(self) <= rank(least)
    }
}

impl CommunityRole {
    /// Whether this role is at least `least`: each role has the permissions of those below it.
    pub fn is_at_least(self, least: Self) -> bool {
        // In order of declaration, from the highest role on.
        self <= least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_in_any_case() {
        assert_eq!("member".parse(), Ok(MemberRole::Member));
        assert_eq!(
            "root".parse::<MemberRole>().unwrap_err().to_string(),
            "`root` is not a member role; expected one of CREATOR, ADMIN, MODERATOR, MEMBER"
        );
    }

    #[test]
    fn an_admin_lacks_exactly_two_permissions() {
        let missing: Vec<_> =
            Permission::ALL.iter().filter(|permission| !Role::Admin.allows(**permission)).collect();
        assert_eq!(missing, [&Permission::ViewAuditLogs, &Permission::ManageTranslations]);
    }

    #[test]
    fn a_creator_may_do_what_a_moderator_may_and_not_the_other_way_round() {
        assert!(MemberRole::Creator.is_at_least(MemberRole::Moderator));
        assert!(MemberRole::Moderator.is_at_least(MemberRole::Moderator));
        assert!(!MemberRole::Member.is_at_least(MemberRole::Moderator));
    }
}
