//! Notifications, and the devices that get them.

use super::address::address;
use meeshy_chat::model::{Notification, PushDevice};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// For an event: what belongs to the type is an object.
pub fn live_notification(stored: Notification) -> wire::Notification {
    let facts = stored.data.as_deref().and_then(|text| serde_json::from_str(text).ok());
    wire::Notification { data: facts.map(wire::NotificationFacts::Object), ..notification(stored) }
}

pub fn notification(notification: Notification) -> wire::Notification {
    let time = |millis: i64| wire::Iso(Timestamp::from_millis(millis));
    wire::Notification {
        id: notification.id,
        user_id: notification.user_id.to_string(),
        kind: notification.kind,
        title: notification.title,
        content: notification.content,
        data: notification.data.map(wire::NotificationFacts::Text),
        priority: notification.priority,
        is_read: notification.is_read,
        read_at: notification.read_at.map(time),
        email_sent: notification.email_sent,
        push_sent: notification.push_sent,
        expires_at: notification.expires_at.map(time),
        created_at: time(notification.created_at),
        sender_id: notification.sender_id,
        sender_username: notification.sender_username,
        sender_avatar: address(notification.sender_avatar.as_deref()),
        sender_display_name: notification.sender_display_name,
        sender_first_name: notification.sender_first_name,
        sender_last_name: notification.sender_last_name,
        message_preview: notification.message_preview,
        conversation_id: notification.conversation_id,
        message_id: notification.message_id,
        call_session_id: notification.call_session_id,
    }
}

pub fn push_device(device: PushDevice) -> wire::PushDevice {
    wire::PushDevice {
        id: device.id,
        service: device.service,
        platform: device.platform,
        device_id: device.device_id,
        device_name: device.device_name,
        app_version: device.app_version,
        is_active: device.is_active,
        last_used_at: device.last_used_at.map(Into::into),
        created_at: device.created_at.into(),
        updated_at: device.updated_at.into(),
    }
}
