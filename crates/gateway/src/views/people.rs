//! Friend requests, and reports to the moderators.

use super::accounts::found_user;
use super::conversations::conversation;
use meeshy_chat::model::AbuseReport;
use meeshy_chat::{ConversationView, FriendRequestView};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// A friend request, and the conversation of who has just accepted it.
pub fn friend_request(
    view: FriendRequestView,
    talk: Option<&ConversationView>,
    now: Timestamp,
) -> wire::FriendRequest {
    let request = view.request;
    wire::FriendRequest {
        id: request.id,
        sender_id: request.sender_id,
        receiver_id: request.receiver_id,
        message: request.message,
        status: request.status,
        responded_at: request.responded_at.map(Into::into),
        created_at: request.created_at.into(),
        updated_at: request.updated_at.into(),
        sender: view.sender.map(|(user, seen)| found_user(user, seen)),
        receiver: view.receiver.map(|(user, seen)| found_user(user, seen)),
        conversation: talk.map(|talk| Box::new(conversation(talk, now))),
    }
}

pub fn abuse_report(report: AbuseReport) -> wire::AbuseReport {
    wire::AbuseReport {
        id: report.id,
        reported_type: report.reported_type,
        reported_entity_id: report.reported_entity_id,
        reporter_id: report.reporter_id,
        report_type: report.report_type,
        reason: report.reason,
        status: report.status,
        created_at: report.created_at.into(),
        updated_at: report.updated_at.into(),
    }
}
