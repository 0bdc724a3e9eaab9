//! The participants of conversations.

use super::address::address;
use meeshy_chat::model::{GuestParticipant, Participant};
use meeshy_chat::{ParticipantView, Seen};
use meeshy_domain::{LanguageSettings, MemberRole, Role, Timestamp, limits};
use meeshy_wire as wire;

/// Whether a guest is shown as online.
pub fn is_online(last_active_at: Timestamp, now: Timestamp) -> bool {
    now.since(last_active_at) < limits::GUEST_ONLINE
}

pub fn participant(view: ParticipantView, now: Timestamp) -> wire::Participant {
    match view {
        ParticipantView::Member(participant, seen) => member(*participant, seen),
        ParticipantView::Guest(guest) => self::guest(guest, now),
    }
}

fn member(participant: Participant, seen: Seen) -> wire::Participant {
    let member = participant.member;
    wire::Participant {
        id: member.user_id.to_string(),
        user_id: Some(member.user_id),
        username: member.username,
        display_name: member.display_name,
        first_name: member.first_name,
        last_name: member.last_name,
        avatar: address(member.avatar.as_deref()),
        email: "",
        role: member.role,
        conversation_role: Some(member.role),
        global_role: Some(member.site_role),
        permissions: wire::Permissions(member.site_role),
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
        languages: member.languages,
        is_active: true,
        joined_at: member.joined_at.into(),
        created_at: participant.created_at.into(),
        updated_at: participant.updated_at.into(),
        is_anonymous: false,
        can_send_messages: member.can_send_message,
        can_send_files: None,
        can_send_images: None,
    }
}

fn guest(participant: GuestParticipant, now: Timestamp) -> wire::Participant {
    let guest = participant.guest;
    wire::Participant {
        id: guest.id.to_string(),
        user_id: None,
        display_name: guest.username.clone(),
        username: guest.username,
        first_name: guest.first_name,
        last_name: guest.last_name,
        avatar: None,
        email: "",
        role: MemberRole::Member,
        conversation_role: None,
        global_role: None,
        permissions: wire::Permissions(Role::User),
        is_online: is_online(participant.last_active_at, now),
        last_active_at: Some(participant.last_active_at.into()),
        languages: LanguageSettings::reading(guest.language),
        is_active: true,
        joined_at: participant.joined_at.into(),
        created_at: participant.joined_at.into(),
        updated_at: participant.last_active_at.into(),
        is_anonymous: true,
        can_send_messages: participant.can_send_messages,
        can_send_files: Some(participant.can_send_files),
        can_send_images: Some(participant.can_send_images),
    }
}
