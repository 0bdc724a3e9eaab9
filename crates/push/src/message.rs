//! What a device shows.

use serde::Serialize;
use std::time::Duration;

/// A message to a device. Its user may have several, and each shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushMessage {
    /// The id of the notification.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// A message with the same tag replaces this one.
    pub tag: String,
    /// The conversation to open.
    pub conversation_id: Option<String>,
    /// The message to show there.
    pub message_id: Option<String>,
    /// How many notifications of the user are unread.
    pub unread: i64,
    /// How long the push service keeps it for a device that is off.
    #[serde(skip)]
    pub keep_for: Duration,
    /// Whether the device should show it at once, even if that costs energy.
    #[serde(skip)]
    pub is_urgent: bool,
}

/// The most bytes of a message that every push service takes: RFC 8291 allows 4,096 with 103 bytes of overhead.
const MAX_BYTES: usize = 3_993;

impl PushMessage {
    /// The message as JSON. A text that is too long is left out.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let encoded = |message: &Self| serde_json::to_vec(message).unwrap_or_default();
        let whole = encoded(self);
        if whole.len() <= MAX_BYTES {
            return whole;
        }
        let title: String = self.title.chars().take(100).collect();
        encoded(&Self { title, body: String::new(), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_fits_into_what_services_take() {
        let message = PushMessage {
            id: "1".into(),
            kind: "new_message".into(),
            title: "Léa".into(),
            body: "Bonjour".into(),
            tag: "talk".into(),
            conversation_id: Some("2".into()),
            message_id: None,
            unread: 3,
            keep_for: Duration::ZERO,
            is_urgent: true,
        };
        let sent: serde_json::Value = serde_json::from_slice(&message.payload()).unwrap();
        assert_eq!(
            (&sent["body"], &sent["unread"], &sent["type"]),
            (&"Bonjour".into(), &3.into(), &"new_message".into())
        );
        let long = PushMessage { title: "é".repeat(3_000), body: "\u{1}".repeat(2_000), ..message };
        assert!(long.payload().len() <= MAX_BYTES);
        let sent: serde_json::Value = serde_json::from_slice(&long.payload()).unwrap();
        assert_eq!(sent["body"], "");
    }
}
