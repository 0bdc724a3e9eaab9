//! Authorization rules. Each rule is a function of loaded data; none reads the database.
//!
//! Whether a user is a member at all is decided where the membership is loaded
//! ([`find_with_member`](crate::access::find_with_member)), and what a member can see of a
//! conversation by `meeshy_store::visibility`.

use crate::ChatError;
use meeshy_domain::limits::EDIT_WINDOW;
use meeshy_domain::{ConversationKind, MemberRole, Permission, Role, Timestamp};
use meeshy_store::conversations::Conversation;
use meeshy_store::guests::Seat;
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

/// A guest is a member without a role.
impl From<&Seat> for Standing {
    fn from(seat: &Seat) -> Self {
        let can_write = seat.participant.can_send_messages;
        Self { member: MemberRole::Member, site: Role::User, can_write }
    }
}

/// An action of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Sending a message.
    Write(Place),
    /// Editing a message.
    Edit(Written),
    /// Deleting a message for everybody, in a conversation of this kind.
    Delete { by_caller: bool, kind: ConversationKind },
    /// Reading the earlier texts of a message, in a conversation of this kind.
    ReadHistory { by_caller: bool, kind: ConversationKind },
    /// Pinning a message in a conversation of this kind.
    Pin(ConversationKind),
    /// Ending a call in a conversation of this kind for everybody in it.
    EndCall { by_caller: bool, kind: ConversationKind },
    /// Adding a member to a conversation of this kind.
    AddMember(ConversationKind),
    /// Creating a link by which others join a conversation of this kind.
    CreateLink(ConversationKind),
    /// Seeing the links that others have created.
    SeeAllLinks,
    /// Removing or banning a member with this role from a conversation of this kind.
    RemoveMember(ConversationKind, MemberRole),
    /// Changing the role of a member of a conversation of this kind: the current one and the new one.
    SetRole(ConversationKind, MemberRole, MemberRole),
    /// Leaving a conversation of this kind.
    Leave(ConversationKind),
    /// Changing the title, the picture and other attributes of a conversation of this kind.
    Change(ConversationKind),
    /// Changing the kind of a conversation of this kind.
    ChangeKind(ConversationKind),
    /// Closing a conversation of this kind.
    Close(ConversationKind),
    /// Proposing a term for the glossary of a conversation.
    ProposeTerm,
    /// Changing the glossary of a conversation of this kind, and deciding on proposals for it.
    KeepGlossary {
        kind: ConversationKind,
        /// The member's role in the community of the conversation, if it has one.
        community: Option<Option<MemberRole>>,
    },
}

impl Action {
    /// The kind of the conversation, if this changes who is a member, or could be.
    fn of_memberships(self) -> Option<ConversationKind> {
        match self {
            Self::AddMember(kind)
            | Self::CreateLink(kind)
            | Self::RemoveMember(kind, _)
            | Self::SetRole(kind, ..)
            | Self::Leave(kind)
            | Self::ChangeKind(kind)
            | Self::Close(kind) => Some(kind),
            _ => None,
        }
    }
}

/// Who may write in a conversation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// The role that is needed, if not all members may write.
    pub write_role: Option<MemberRole>,
}

impl Place {
    /// In an announcement channel, moderators write.
    pub fn of(conversation: &Conversation) -> Self {
        let details = &conversation.details;
        let least = if details.is_announcement_channel { Some(MemberRole::Moderator) } else { None };
        let role = details.default_write_role.as_deref().and_then(|role| role.parse().ok());
        Self { write_role: least.or(role) }
    }
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
    /// Whether a member moderates a conversation of this kind. Of two people, none is above the other.
    fn moderates(self, kind: ConversationKind) -> bool {
        let by_role = kind != ConversationKind::Direct && self.member.is_at_least(MemberRole::Moderator);
        by_role || self.site.allows(Permission::ModerateContent)
    }

    /// Fails if a member may not do this.
    ///
    /// # Errors
    /// [`ChatError::Forbidden`] with the rule.
    pub fn check(self, action: Action) -> Result<(), ChatError> {
        match action {
            Action::Write(_) if !self.can_write => refuse("you may not write in this conversation"),
            Action::Write(Place { write_role: Some(role) }) if !self.member.is_at_least(role) => {
                refuse("only some members may write in this conversation")
            }
            Action::Write(_) => Ok(()),

            Action::Edit(Written { by_system: true, .. }) => refuse("system messages cannot be edited"),
            Action::Edit(_) if self.site.allows(Permission::ModerateContent) => Ok(()),
            Action::Edit(Written { by_caller: false, .. }) => refuse("only the author can edit a message"),
            Action::Edit(_) if !self.can_write => refuse("you may not write in this conversation"),
            Action::Edit(Written { at, now, .. }) if now > at.plus(EDIT_WINDOW) => {
                refuse("messages can only be edited for 24 hours")
            }
            Action::Edit(_) => Ok(()),

            Action::Delete { by_caller, kind } | Action::ReadHistory { by_caller, kind }
                if by_caller || self.moderates(kind) =>
            {
                Ok(())
            }
            Action::Delete { .. } => refuse("only the author and moderators can delete a message"),
            Action::ReadHistory { .. } => refuse("only the author and moderators can read earlier texts"),

            Action::Pin(_) if !self.can_write => refuse("you may not write in this conversation"),
            Action::Pin(ConversationKind::Direct) => Ok(()),
            Action::Pin(_) if self.is_at_least(MemberRole::Moderator) => Ok(()),
            Action::Pin(_) => refuse("only moderators can pin a message"),
            Action::EndCall { by_caller, kind } if by_caller || self.moderates(kind) => Ok(()),
            Action::EndCall { .. } => refuse("only who has started a call and moderators can end it"),

            Action::CreateLink(ConversationKind::Global) if self.site == Role::BigBoss => Ok(()),
            _ if action.of_memberships() == Some(ConversationKind::Direct) => {
                refuse("this is a conversation of two people")
            }
            _ if action.of_memberships() == Some(ConversationKind::Global) => {
                refuse("everybody is a member of this conversation")
            }
            Action::Change(ConversationKind::Direct) => refuse("this is a conversation of two people"),
            Action::Change(ConversationKind::Global) if !self.administers() => {
                refuse("only administrators of the server may change this conversation")
            }

            Action::AddMember(ConversationKind::Group) | Action::Leave(_) => Ok(()),
            Action::AddMember(_) if self.is_at_least(MemberRole::Moderator) => Ok(()),
            Action::AddMember(_) => refuse("only moderators may add members"),
            Action::CreateLink(_) => Ok(()),
            Action::SeeAllLinks if self.is_at_least(MemberRole::Moderator) => Ok(()),
            Action::SeeAllLinks => refuse("only moderators may see the links of others"),
            Action::RemoveMember(_, role) if self.is_at_least(MemberRole::Admin) && self.outranks(role) => {
                Ok(())
            }
            Action::RemoveMember(..) => {
                refuse("only administrators may remove members, and only those below them")
            }
            // The one who has created it hands it over by making another one its creator.
            Action::SetRole(_, from, to)
                if self.is_at_least(MemberRole::Creator) && from != MemberRole::Creator =>
            {
                if to != MemberRole::Creator || self.member == MemberRole::Creator {
                    Ok(())
                } else {
                    refuse("only its creator may hand a conversation over")
                }
            }
            Action::SetRole(..) => refuse("only the creator may change roles"),
            Action::Change(_) if self.is_at_least(MemberRole::Moderator) => Ok(()),
            Action::Change(_) => refuse("only moderators may change this conversation"),
            Action::ChangeKind(_) if self.is_at_least(MemberRole::Creator) => Ok(()),
            Action::ChangeKind(_) => refuse("only the creator may change the kind of this conversation"),
            Action::Close(_) if self.is_at_least(MemberRole::Admin) => Ok(()),
            Action::Close(_) => refuse("only administrators may close this conversation"),

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

impl Standing {
    /// Whether this member has at least a role in the conversation, or administers the server.
    fn is_at_least(self, role: MemberRole) -> bool {
        self.member.is_at_least(role) || self.administers()
    }

    fn administers(self) -> bool {
        self.site.allows(Permission::ManageGroups)
    }

    fn outranks(self, other: MemberRole) -> bool {
        !other.is_at_least(self.member) || (self.administers() && other != MemberRole::Creator)
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

    const ANYBODY: Action = Action::Write(Place { write_role: None });
    const MODERATORS: Action = Action::Write(Place { write_role: Some(Moderator) });

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

    fn end_call(by_caller: bool, kind: ConversationKind) -> Action {
        Action::EndCall { by_caller, kind }
    }

    fn glossary(kind: ConversationKind, community: Option<Option<MemberRole>>) -> Action {
        Action::KeepGlossary { kind, community }
    }

    #[test]
    fn each_rule_holds() {
        use ConversationKind::{Direct, Global, Group, Public};
        let cases = [
            ("members write", MEMBER, ANYBODY, true),
            ("who lost the right to write does not", MUTED, ANYBODY, false),
            ("not even moderators of the site", on_site(Role::Moderator), ANYBODY, false),
            ("announcements are written by moderators", of(Moderator), MODERATORS, true),
            ("and not by others", MEMBER, MODERATORS, false),
            ("members add members to a group", MEMBER, Action::AddMember(Group), true),
            ("and moderators to a public one", of(Moderator), Action::AddMember(Public), true),
            ("others do not", MEMBER, Action::AddMember(Public), false),
            ("members create links to a public one", MEMBER, Action::CreateLink(Public), true),
            ("and not to their direct one", of(Creator), Action::CreateLink(Direct), false),
            ("nor to the room for everybody", of(Creator), Action::CreateLink(Global), false),
            ("which needs the highest role", on_site(Role::BigBoss), Action::CreateLink(Global), true),
            ("moderators see all links", of(Moderator), Action::SeeAllLinks, true),
            ("members only see their own", MEMBER, Action::SeeAllLinks, false),
            ("two people stay two", of(Creator), Action::AddMember(Direct), false),
            ("admins remove who is below them", of(Admin), Action::RemoveMember(Group, Moderator), true),
            ("and not their equals", of(Admin), Action::RemoveMember(Group, Admin), false),
            (
                "moderators remove nobody",
                of(Moderator),
                Action::RemoveMember(Group, MemberRole::Member),
                false,
            ),
            ("nobody removes the creator", on_site(Role::Admin), Action::RemoveMember(Group, Creator), false),
            (
                "administrators of the site remove admins",
                on_site(Role::Admin),
                Action::RemoveMember(Group, Admin),
                true,
            ),
            ("creators change roles", of(Creator), Action::SetRole(Group, MemberRole::Member, Admin), true),
            ("and hand over", of(Creator), Action::SetRole(Group, Admin, Creator), true),
            ("admins do not", of(Admin), Action::SetRole(Group, MemberRole::Member, Moderator), false),
            (
                "nor does the site take over",
                on_site(Role::Admin),
                Action::SetRole(Group, Admin, Creator),
                false,
            ),
            ("everybody may leave", MEMBER, Action::Leave(Group), true),
            ("but not the room for everybody", MEMBER, Action::Leave(Global), false),
            ("moderators change the title", of(Moderator), Action::Change(Group), true),
            ("members do not", MEMBER, Action::Change(Group), false),
            ("the site changes the room for everybody", on_site(Role::Admin), Action::Change(Global), true),
            ("its moderators do not", of(Moderator), Action::Change(Global), false),
            ("creators change the kind", of(Creator), Action::ChangeKind(Group), true),
            ("admins do not change the kind", of(Admin), Action::ChangeKind(Group), false),
            ("admins close", of(Admin), Action::Close(Group), true),
            ("moderators do not close", of(Moderator), Action::Close(Group), false),
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
            ("who has started a call ends it", MUTED, end_call(true, Group), true),
            ("so do moderators", of(Moderator), end_call(false, Group), true),
            ("but not that of two people", of(Creator), end_call(false, Direct), false),
            ("other members do not", MEMBER, end_call(false, Group), false),
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
