//! Roles, kinds of conversations, and permissions.

use serde::{Deserialize, Serialize};

/// A value from a client or the database is not one of the known names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {noun}; expected one of {expected}")]
pub struct UnknownName {
    given: String,
    noun: &'static str,
    expected: String,
}

/// An enumeration with one name for each variant, parsed in any case.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $noun:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),*
        }

        impl $name {
            /// Every variant, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the wire and in the database.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|member| member.name().eq_ignore_ascii_case(text)).ok_or_else(|| UnknownName {
                    given: text.chars().take(32).collect(),
                    noun: $noun,
                    expected: Self::ALL.iter().map(|member| member.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

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
    /// The kinds of conversations.
    ConversationKind, "conversation type" {
        /// Two users.
        Direct = "direct",
        /// Invited users.
        Group = "group",
        /// Anybody may join.
        Public = "public",
        /// Every user is a member.
        Global = "global",
        /// Few write, many read.
        Broadcast = "broadcast",
    }
);

/// The nine flags by which clients show or hide the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the wire has nine independent switches")]
pub struct Permissions {
    /// Can open the administration.
    pub can_access_admin: bool,
    /// Can change other users' accounts.
    pub can_manage_users: bool,
    /// Can change communities.
    pub can_manage_groups: bool,
    /// Can change other users' conversations.
    pub can_manage_conversations: bool,
    /// Can see the statistics.
    pub can_view_analytics: bool,
    /// Can remove other users' content.
    pub can_moderate_content: bool,
    /// Can read the audit log.
    pub can_view_audit_logs: bool,
    /// Can send notifications to everybody.
    pub can_manage_notifications: bool,
    /// Can change the translation settings.
    pub can_manage_translations: bool,
}

impl MemberRole {
    /// Whether this member can change settings that affect all members.
    pub fn moderates(self) -> bool {
        match self {
            Self::Creator | Self::Admin | Self::Moderator => true,
            Self::Member => false,
        }
    }
}

impl Role {
    /// The permissions of this role.
    pub fn permissions(self) -> Permissions {
        let none = Permissions::default();
        match self {
            Self::User => none,
            Self::BigBoss => Permissions {
                can_access_admin: true,
                can_manage_users: true,
                can_manage_groups: true,
                can_manage_conversations: true,
                can_view_analytics: true,
                can_moderate_content: true,
                can_view_audit_logs: true,
                can_manage_notifications: true,
                can_manage_translations: true,
            },
            Self::Admin => Permissions {
                can_view_audit_logs: false,
                can_manage_translations: false,
                ..Self::BigBoss.permissions()
            },
            Self::Moderator => Permissions {
                can_access_admin: true,
                can_moderate_content: true,
                can_manage_conversations: true,
                ..none
            },
            Self::Audit => Permissions {
                can_access_admin: true,
                can_view_audit_logs: true,
                can_view_analytics: true,
                ..none
            },
            Self::Analyst => Permissions { can_access_admin: true, can_view_analytics: true, ..none },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_in_any_case() {
        assert_eq!("member".parse(), Ok(MemberRole::Member));
        assert_eq!("Direct".parse(), Ok(ConversationKind::Direct));
        assert_eq!(
            "root".parse::<MemberRole>().unwrap_err().to_string(),
            "`root` is not a member role; expected one of CREATOR, ADMIN, MODERATOR, MEMBER"
        );
    }

    #[test]
    fn an_admin_lacks_exactly_two_permissions() {
        let json = serde_json::to_value(Role::Admin.permissions()).unwrap();
        let missing: Vec<_> = json
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, on)| *on == false)
            .map(|(k, _)| k.as_str())
            .collect();
        assert_eq!(missing, ["canManageTranslations", "canViewAuditLogs"]);
    }
}
