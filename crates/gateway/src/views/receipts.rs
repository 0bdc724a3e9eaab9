//! Who has received and read messages, and their earlier texts.

use super::address::address;
use super::messages::message;
use meeshy_chat::model::{Receipt, Revision};
use meeshy_chat::{MessageHistory, MessageView, ReadStatus, ReceiptCounts};
use meeshy_domain::MessageId;
use meeshy_wire as wire;

/// A message, and how many members have received and read it.
pub fn message_details(view: &MessageView, counts: ReceiptCounts) -> wire::MessageDetails {
    let ReceiptCounts { members, delivered, read } = counts;
    let message = message(view);
    let status_summary = wire::StatusSummary {
        total_members: members,
        delivered_count: delivered,
        read_count: read,
        delivered_to_all_at: message.delivered_to_all_at,
        read_by_all_at: message.read_by_all_at,
    };
    wire::MessageDetails { message, status_summary }
}

/// The state of a message for a member.
pub fn receipt(receipt: Receipt) -> wire::Receipt {
    let delivered_at = receipt.delivered_at.map(Into::into);
    wire::Receipt {
        user_id: receipt.user_id,
        username: receipt.username,
        display_name: receipt.display_name,
        avatar: address(receipt.avatar.as_deref()),
        received_at: delivered_at,
        delivered_at,
        read_at: receipt.read_at.map(Into::into),
        read_device: receipt.read_device,
    }
}

/// The members who have received and read a message.
pub fn read_status(message_id: MessageId, found: ReadStatus) -> wire::ReadStatus {
    let ReadStatus { counts, delivered, read } = found;
    wire::ReadStatus {
        message_id,
        total_members: counts.members,
        received_count: counts.delivered,
        read_count: counts.read,
        received_by: delivered.into_iter().map(receipt).collect(),
        read_by: read.into_iter().map(receipt).collect(),
    }
}

/// How many members have received and read each of some messages.
pub fn read_statuses(found: Vec<(MessageId, ReceiptCounts)>) -> wire::ReadStatuses {
    let counts = |counts: ReceiptCounts| wire::ReadCounts {
        received_count: counts.delivered,
        read_count: counts.read,
    };
    wire::ReadStatuses(found.into_iter().map(|(id, found)| (id, counts(found))).collect())
}

/// A message and its earlier texts.
pub fn message_history(history: MessageHistory) -> wire::MessageHistory {
    let MessageHistory { message, revisions } = history;
    let first = revisions.first().map_or(&message.content, |first| &first.content);
    wire::MessageHistory {
        message_id: message.id,
        original_content: first.clone(),
        is_edited: message.edited_at.is_some(),
        edited_at: message.edited_at.map(Into::into),
        created_at: message.created_at.into(),
        is_deleted: false,
        deleted_at: None,
        content: message.content,
        revisions: revisions.into_iter().map(revision).collect(),
    }
}

fn revision(revision: Revision) -> wire::MessageRevision {
    wire::MessageRevision {
        revision: revision.revision,
        content: revision.content,
        language: revision.language,
        written_at: revision.written_at.into(),
    }
}
