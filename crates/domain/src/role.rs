//! Roles, kinds of conversation, and what they allow.

use serde::{Deserialize, Serialize};

/// A value that clients send or the database holds is not one of the known names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {noun}; expected one of {expected}")]
pub struct UnknownName {
    given: String,
    noun: &'static str,
    expected: String,
}

/// An enumeration whose members have one name each, read in any case.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $noun:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),*
        }

        impl $name {
            /// Every member, in order of declaration.
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
    /// What a person may do on the whole site.
    Role, "role" {
        /// An ordinary person.
        User = "USER",
        /// Runs the site.
        Admin = "ADMIN",
        /// Keeps the peace.
        Moderator = "MODERATOR",
        /// Owns the site.
        BigBoss = "BIGBOSS",
        /// Reads the audit log.
        Audit = "AUDIT",
        /// Reads the figures.
        Analyst = "ANALYST",
    }
);

named!(
    /// What a member may do in one conversation.
    MemberRole, "member role" {
        /// Opened it.
        Creator = "CREATOR",
        /// Runs it.
        Admin = "ADMIN",
        /// Keeps the peace in it.
        Moderator = "MODERATOR",
        /// Takes part.
        Member = "MEMBER",
    }
);

named!(
    /// The kinds of conversation.
    ConversationKind, "conversation type" {
        /// Two people.
        Direct = "direct",
        /// Invited people.
        Group = "group",
        /// Anybody may join.
        Public = "public",
        /// Everybody is in it.
        Global = "global",
        /// Few write, many read.
        Broadcast = "broadcast",
    }
);

/// The nine switches that clients read to show or hide the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the wire has nine independent switches")]
pub struct Permissions {
    /// May open the administration.
    pub can_access_admin: bool,
    /// May change other people's accounts.
    pub can_manage_users: bool,
    /// May change communities.
    pub can_manage_groups: bool,
    /// May change conversations that are not theirs.
    pub can_manage_conversations: bool,
    /// May see the figures.
    pub can_view_analytics: bool,
    /// May remove what others wrote.
    pub can_moderate_content: bool,
    /// May read the audit log.
    pub can_view_audit_logs: bool,
    /// May send notifications to all.
    pub can_manage_notifications: bool,
    /// May change how translation works.
    pub can_manage_translations: bool,
}

impl MemberRole {
    /// Whether this member may change what concerns all the others.
    pub fn moderates(self) -> bool {
        match self {
            Self::Creator | Self::Admin | Self::Moderator => true,
            Self::Member => false,
        }
    }
}

impl Role {
    /// What this role allows.
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
    fn names_are_read_in_any_case() {
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
