//! Authorization rules. Each rule is a function of loaded data; none reads the database.
//!
//! Whether a user is a member at all is decided where the membership is loaded
//! ([`find_with_member`](crate::access::find_with_member)), and what a member can see of a
//! conversation by `meeshy_store::visibility`.

use crate::ChatError;
use meeshy_domain::limits::EDIT_WINDOW;
use meeshy_domain::{ConversationKind, MemberRole, Permission, Role, Timestamp};
use meeshy_store::members::Member;

/// Fails if a role on the server does not include a permission.
///
/// # Errors
/// [`ChatError::Forbidden`] when it does not.
pub(crate) fn require(role: Role, permission: Permission) -> Result<(), ChatError> {
    if role.allows(permission) {
        return Ok(());
    }
    refuse(format!("this needs the permission {permission}"))
}

/// A member's roles, in a conversation and on the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// The role in the conversation.
    pub member: MemberRole,
    /// The role on the server.
    pub site: Role,
    /// Whether the member may write.
    pub can_write: bool,
}

impl From<&Member> for Standing {
    fn from(member: &Member) -> Self {
        Self { member: member.role, site: member.site_role, can_write: member.can_send_message }
    }
}

/// An action of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Sending a message.
    Write,
    /// Editing a message.
    Edit(Written),
    /// Deleting a message for everybody, in a conversation of this kind.
    Delete { by_caller: bool, kind: ConversationKind },
    /// Proposing a term for the glossary of a conversation.
    ProposeTerm,
    /// Changing the glossary of a conversation of this kind, and deciding on proposals for it.
    KeepGlossary {
        kind: ConversationKind,
        /// The member's role in the community of the conversation, if it has one.
        community: Option<Option<MemberRole>>,
    },
}

/// The author and the age of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub by_system: bool,
    pub by_caller: bool,
    pub at: Timestamp,
    pub now: Timestamp,
}

impl Standing {
    /// Fails if a member may not do this.
    ///
    /// # Errors
    /// [`ChatError::Forbidden`] with the rule.
    pub fn check(self, action: Action) -> Result<(), ChatError> {
        match action {
            Action::Write if self.can_write => Ok(()),
            Action::Write => refuse("you may not write in this conversation"),

            Action::Edit(Written { by_system: true, .. }) => refuse("system messages cannot be edited"),
            Action::Edit(_) if self.site.allows(Permission::ModerateContent) => Ok(()),
            Action::Edit(Written { by_caller: false, .. }) => refuse("only the author can edit a message"),
            Action::Edit(_) if !self.can_write => refuse("you may not write in this conversation"),
            Action::Edit(Written { at, now, .. }) if now > at.plus(EDIT_WINDOW) => {
                refuse("messages can only be edited for 24 hours")
            }
            Action::Edit(_) => Ok(()),

            Action::Delete { by_caller: true, .. } => Ok(()),
            Action::Delete { .. } if self.site.allows(Permission::ModerateContent) => Ok(()),
            // Of two people, none is above the other.
            Action::Delete { kind, .. }
                if kind != ConversationKind::Direct && self.member.is_at_least(MemberRole::Moderator) =>
            {
                Ok(())
            }
            Action::Delete { .. } => refuse("only the author and moderators can delete a message"),

            Action::ProposeTerm if self.can_write => Ok(()),
            Action::ProposeTerm => refuse("only members who may write can propose terms"),

            Action::KeepGlossary { .. } if self.site.allows(Permission::ManageTranslations) => Ok(()),
            // The conversations of a community share one glossary.
            Action::KeepGlossary { community: Some(Some(role)), .. }
                if role.is_at_least(MemberRole::Moderator) =>
            {
                Ok(())
            }
            Action::KeepGlossary { community: None, kind: ConversationKind::Direct } => Ok(()),
            Action::KeepGlossary { community: None, .. }
                if self.member.is_at_least(MemberRole::Moderator) =>
            {
                Ok(())
            }
            Action::KeepGlossary { .. } => {
                refuse("only moderators may change the glossary of this conversation")
            }
        }
    }
}

/// Fails for kinds of conversation that only the server creates.
///
/// # Errors
/// [`ChatError::Forbidden`] for those.
pub(crate) fn may_open(kind: ConversationKind) -> Result<(), ChatError> {
    if ConversationKind::OPENABLE.contains(&kind) {
        return Ok(());
    }
    refuse(format!("a {kind} conversation cannot be created here"))
}

/// Fails if there is a block between the caller and one of the other users, without saying which one.
///
/// # Errors
/// [`ChatError::Forbidden`] when there is one.
pub(crate) fn may_meet(others: usize, is_blocked: bool) -> Result<(), ChatError> {
    if !is_blocked {
        return Ok(());
    }
    let who = if others == 1 { "this person" } else { "one of these people" };
    refuse(format!("you cannot write to {who}"))
}

fn refuse(why: impl Into<String>) -> Result<(), ChatError> {
    Err(ChatError::Forbidden(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberRole::{Admin, Creator, Moderator};

    const MEMBER: Standing = Standing { member: MemberRole::Member, site: Role::User, can_write: true };
    const MUTED: Standing = Standing { can_write: false, ..MEMBER };

    fn on_site(site: Role) -> Standing {
        Standing { site, ..MUTED }
    }

    fn of(member: MemberRole) -> Standing {
        Standing { member, ..MEMBER }
    }

    fn edit(by_caller: bool, hours: i64) -> Action {
        let at = Timestamp::from_millis(0);
        let now = Timestamp::from_millis(hours * 3_600_000);
        Action::Edit(Written { by_system: false, by_caller, at, now })
    }

    fn by_system() -> Action {
        let at = Timestamp::from_millis(0);
        Action::Edit(Written { by_system: true, by_caller: false, at, now: at })
    }

    fn delete(by_caller: bool, kind: ConversationKind) -> Action {
        Action::Delete { by_caller, kind }
    }

    fn glossary(kind: ConversationKind, community: Option<Option<MemberRole>>) -> Action {
        Action::KeepGlossary { kind, community }
    }

    #[test]
    fn each_rule_holds() {
        use ConversationKind::{Direct, Group};
        let cases = [
            ("members write", MEMBER, Action::Write, true),
            ("who lost the right to write does not", MUTED, Action::Write, false),
            ("not even moderators of the site", on_site(Role::Moderator), Action::Write, false),
            ("authors edit for a day", MEMBER, edit(true, 24), true),
            ("and not for longer", MEMBER, edit(true, 25), false),
            ("nor once they may not write", MUTED, edit(true, 1), false),
            ("others do not", of(Creator), edit(false, 1), false),
            ("moderators of the site do, at any time", on_site(Role::Moderator), edit(false, 99), true),
            ("analysts of the site do not", on_site(Role::Analyst), edit(false, 1), false),
            ("nobody edits what the system wrote", on_site(Role::BigBoss), by_system(), false),
            ("authors delete", MUTED, delete(true, Group), true),
            ("so do moderators", of(Moderator), delete(false, Group), true),
            ("but not of two people", of(Creator), delete(false, Direct), false),
            ("and moderators of the site", on_site(Role::Moderator), delete(false, Direct), true),
            ("other members do not", MEMBER, delete(false, Group), false),
            ("members propose terms", MEMBER, Action::ProposeTerm, true),
            ("who may not write does not", MUTED, Action::ProposeTerm, false),
            ("nor by a role on the site", on_site(Role::BigBoss), Action::ProposeTerm, false),
            ("moderators keep a glossary", of(Moderator), glossary(Group, None), true),
            ("so do those above them", of(Admin), glossary(Group, None), true),
            ("members do not", MEMBER, glossary(Group, None), false),
            ("of two people, both do", MEMBER, glossary(Direct, None), true),
            ("in a community, its moderators do", MEMBER, glossary(Group, Some(Some(Moderator))), true),
            ("and not those of the conversation", of(Creator), glossary(Group, Some(None)), false),
            ("nor of two people in one", MEMBER, glossary(Direct, Some(Some(MemberRole::Member))), false),
            ("who manages translations does", on_site(Role::BigBoss), glossary(Group, Some(None)), true),
            ("an administrator does not", on_site(Role::Admin), glossary(Group, None), false),
        ];
        for (rule, who, action, allowed) in cases {
            assert_eq!(who.check(action).is_ok(), allowed, "{rule}");
        }
    }

    #[test]
    fn nobody_opens_the_global_room_or_meets_who_has_blocked_them() {
        let opened: Vec<_> = ConversationKind::ALL.iter().filter(|kind| may_open(**kind).is_ok()).collect();
        assert_eq!(opened, ConversationKind::OPENABLE.iter().collect::<Vec<_>>());
        assert!(may_meet(2, false).is_ok());
        assert_eq!(may_meet(1, true).unwrap_err().to_string(), "you cannot write to this person");
        assert_eq!(may_meet(2, true).unwrap_err().to_string(), "you cannot write to one of these people");
    }
}
