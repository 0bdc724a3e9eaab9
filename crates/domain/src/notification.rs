//! Notifications: what users are notified of, and when not.

use crate::named::named;
use crate::preferences::{Notification, Weekday};

named!(
    /// What a notification is about.
    NotificationKind, "notification type" {
        /// A message to all members of a conversation.
        NewMessage = "new_message",
        /// An answer to a message of the user.
        Reply = "message_reply",
        /// A message that mentions the user.
        Mention = "user_mentioned",
        /// A reaction to a message of the user.
        Reaction = "message_reaction",
        /// The user was added to a conversation.
        Added = "new_conversation",
        /// Somebody has joined a conversation of the user.
        MemberJoined = "member_joined",
        /// Somebody asks the user to be friends.
        FriendRequest = "friend_request",
        /// Somebody has accepted a request of the user.
        FriendAccepted = "contact_accepted",
        /// A call that the user has not answered.
        MissedCall = "missed_call",
        /// Anything else.
        System = "system",
    }
);

impl NotificationKind {
    /// Whether a user wants to be notified of it at all.
    #[must_use]
    pub fn is_wanted(self, preferences: &Notification) -> bool {
        match self {
            Self::NewMessage => preferences.new_message_enabled,
            Self::Reply => preferences.reply_enabled,
            Self::Mention => preferences.mention_enabled,
            Self::Reaction => preferences.reaction_enabled,
            Self::Added => preferences.conversation_enabled && preferences.group_invite_enabled,
            Self::MemberJoined => preferences.member_joined_enabled,
            Self::FriendRequest | Self::FriendAccepted => preferences.contact_request_enabled,
            Self::MissedCall => preferences.missed_call_enabled,
            Self::System => preferences.system_enabled,
        }
    }

    /// Whether it passes what a user wants of the conversation and of its community: whether it is muted, and the level
    /// of the community, `all`, `mentions` or `none`. Somebody who is called, or added, is not yet listening to anything.
    #[must_use]
    pub fn passes(self, is_muted: bool, level: Option<&str>) -> bool {
        match self {
            Self::MissedCall | Self::Added => true,
            _ if is_muted || level == Some("none") => false,
            Self::NewMessage | Self::Reaction | Self::MemberJoined => level != Some("mentions"),
            _ => true,
        }
    }

    /// Whether a newer one replaces an unread one about the same conversation, or the same message for a reaction.
    #[must_use]
    pub fn is_grouped(self) -> bool {
        matches!(self, Self::NewMessage | Self::Reaction | Self::MemberJoined)
    }

    /// Its priority on the wire.
    #[must_use]
    pub fn priority(self) -> &'static str {
        match self {
            Self::Reply | Self::Mention | Self::MissedCall => "high",
            Self::Reaction | Self::MemberJoined => "low",
            _ => "normal",
        }
    }
}

/// Whether a user wants to be left alone at this time: on a day, at a minute of it from 0 to 1439, in their time zone. A night
/// belongs to the day on which it begins.
#[must_use]
pub fn is_quiet(preferences: &Notification, day: Weekday, minute: u16) -> bool {
    if !preferences.dnd_enabled {
        return false;
    }
    let (start, end) = (preferences.dnd_start_time.minute(), preferences.dnd_end_time.minute());
    let days = preferences.dnd_days.items();
    let is_on = |day: Weekday| days.is_empty() || days.contains(&day);
    if start < end {
        return (start..end).contains(&minute) && is_on(day);
    }
    (start > end) && ((minute >= start && is_on(day)) || (minute < end && is_on(day.before())))
}

/// The longest preview, in characters: words can be as long as texts.
const PREVIEW_CHARS: usize = 200;
/// Words of a preview, and those next to a file.
const PREVIEW_WORDS: (usize, usize) = (25, 15);

/// The beginning of a text, on one line.
#[must_use]
pub fn preview(text: &str, has_files: bool) -> String {
    let most = if has_files { PREVIEW_WORDS.1 } else { PREVIEW_WORDS.0 };
    let mut words = text.split_whitespace();
    let mut preview = words.by_ref().take(most).collect::<Vec<_>>().join(" ");
    let is_long = preview.chars().nth(PREVIEW_CHARS).is_some();
    if is_long {
        preview = preview.chars().take(PREVIEW_CHARS).collect();
    }
    if is_long || words.next().is_some() {
        preview.push('…');
    }
    preview
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::parse;
    use proptest::prelude::*;
    use serde_json::json;

    fn dnd(start: &str, end: &str, days: &[&str]) -> Notification {
        let values = json!({ "dndEnabled": true, "dndStartTime": start, "dndEndTime": end, "dndDays": days });
        let serde_json::Value::Object(values) = values else { unreachable!() };
        parse(values).unwrap()
    }

    #[test]
    fn quiet_hours() {
        use Weekday::{Monday, Saturday, Sunday, Tuesday};
        let at = |hour: u16, minute: u16| hour * 60 + minute;
        let night = dnd("22:00", "08:00", &[]);
        for (minute, quiet) in
            [(at(21, 59), false), (at(22, 0), true), (at(0, 0), true), (at(7, 59), true), (at(8, 0), false)]
        {
            assert_eq!(is_quiet(&night, Monday, minute), quiet, "{minute}");
        }
        let off = Notification { dnd_enabled: false, ..night };
        assert!(!is_quiet(&off, Monday, at(23, 0)));
        let lunch = dnd("12:00", "13:30", &["mon"]);
        assert!(is_quiet(&lunch, Monday, at(13, 29)) && !is_quiet(&lunch, Monday, at(13, 30)));
        assert!(!is_quiet(&lunch, Tuesday, at(12, 30)));
        let weekend = dnd("23:00", "09:00", &["sat"]);
        assert!(is_quiet(&weekend, Saturday, at(23, 30)) && is_quiet(&weekend, Sunday, at(8, 0)));
        assert!(!is_quiet(&weekend, Saturday, at(8, 0)), "this night began on Friday");
        assert!(!is_quiet(&weekend, Sunday, at(23, 30)));
        assert!(!is_quiet(&dnd("08:00", "08:00", &[]), Monday, at(8, 0)), "no time at all");
    }

    #[test]
    fn muted_and_levels() {
        use NotificationKind::{Added, Mention, MissedCall, NewMessage, Reply};
        assert!([NewMessage, Mention].iter().all(|kind| kind.passes(false, None)));
        assert!(![NewMessage, Mention, Reply].iter().any(|kind| kind.passes(true, Some("all"))));
        assert!([Added, MissedCall].iter().all(|kind| kind.passes(true, Some("none"))));
        assert!(!NewMessage.passes(false, Some("mentions")) && Reply.passes(false, Some("mentions")));
        assert!(!Mention.passes(false, Some("none")));
    }

    #[test]
    fn previews_are_short() {
        assert_eq!(preview("  one\n two ", false), "one two");
        assert_eq!(preview(&"word ".repeat(26), false), format!("{}word…", "word ".repeat(24)));
        assert_eq!(preview(&"word ".repeat(16), true), format!("{}word…", "word ".repeat(14)));
        assert_eq!(preview(&"x".repeat(201), false), format!("{}…", "x".repeat(200)));
    }

    proptest! {
        #[test]
        fn a_preview_is_one_bounded_line(text in "\\PC{0,60}|[a-z \n\t]{0,400}") {
            let preview = preview(&text, false);
            prop_assert!(preview.chars().count() <= PREVIEW_CHARS + 1);
            prop_assert!(!preview.contains('\n'));
        }
    }
}
