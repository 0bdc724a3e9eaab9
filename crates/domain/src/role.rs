//! Roles, and what they allow.

use crate::named::named;

named!(
    /// A user's role on the whole site.
    Role, "role" {
        /// A regular user.
        User = "USER",
        /// Administers the site.
        Admin = "ADMIN",
        /// Moderates.
        Moderator = "MODERATOR",
        /// Owns the site.
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
        /// Administers it.
        Admin = "ADMIN",
        /// Moderates it.
        Moderator = "MODERATOR",
        /// Participates.
        Member = "MEMBER",
    }
);

named!(
    /// What a role on the site may allow: clients show or hide the administration by it.
    Permission, "permission" {
        /// To open the administration.
        AccessAdmin = "canAccessAdmin",
        /// To change other people's accounts.
        ManageUsers = "canManageUsers",
        /// To change communities.
        ManageGroups = "canManageGroups",
        /// To change conversations that are not theirs.
        ManageConversations = "canManageConversations",
        /// To see the figures.
        ViewAnalytics = "canViewAnalytics",
        /// To change or remove what others wrote.
        ModerateContent = "canModerateContent",
        /// To read the audit log.
        ViewAuditLogs = "canViewAuditLogs",
        /// To send notifications to all.
        ManageNotifications = "canManageNotifications",
        /// To change how translation works.
        ManageTranslations = "canManageTranslations",
    }
);

impl Role {
    /// What this role allows.
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

    /// Whether this role allows something.
    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

impl MemberRole {
    /// Whether this role allows all that `least` does: each allows what those below it do.
    pub fn is_at_least(self, least: Self) -> bool {
        let rank = |role| Self::ALL.iter().position(|known| *known == role);
        rank(self) <= rank(least)
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
