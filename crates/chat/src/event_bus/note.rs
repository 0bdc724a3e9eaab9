//! The text of notes on the bus: the sender, followed by one item per line.

use super::event::Ephemeral;
use meeshy_domain::{CallId, ConversationId, SessionId, UserId};

/// An item of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// The newest number of a conversation.
    Number {
        conversation: ConversationId,
        number: i64,
        /// Whether it was just created.
        is_new: bool,
    },
    /// The newest number of a call.
    Call { call: CallId, number: i64 },
    /// A session was revoked.
    SessionEnded(SessionId, UserId),
    /// An ephemeral event.
    Ephemeral(Ephemeral),
    /// Some items were dropped: poll.
    LeftOut,
}

impl Line {
    fn encode(&self) -> Option<String> {
        Some(match self {
            Self::Number { conversation, number, is_new: false } => format!("n {conversation} {number}"),
            Self::Number { conversation, number, is_new: true } => format!("c {conversation} {number}"),
            Self::Call { call, number } => format!("k {call} {number}"),
            Self::SessionEnded(session, user) => format!("s {session} {user}"),
            Self::Ephemeral(ephemeral) => format!("e {}", serde_json::to_string(ephemeral).ok()?),
            Self::LeftOut => "?".to_owned(),
        })
    }

    /// `None` for an item of a newer version of the program.
    fn decode(line: &str) -> Option<Self> {
        if line == "?" {
            return Some(Self::LeftOut);
        }
        let (kind, rest) = line.split_once(' ')?;
        if kind == "e" {
            return serde_json::from_str(rest).ok().map(Self::Ephemeral);
        }
        let (subject, value) = rest.split_once(' ')?;
        Some(match kind {
            "n" | "c" => Self::Number {
                conversation: subject.parse().ok()?,
                number: value.parse().ok()?,
                is_new: kind == "c",
            },
            "k" => Self::Call { call: subject.parse().ok()?, number: value.parse().ok()? },
            "s" => Self::SessionEnded(subject.parse().ok()?, value.parse().ok()?),
            _ => return None,
        })
    }
}

/// Notes of at most `max_bytes` with all of `lines`, in order. A line that is too long is dropped.
pub(crate) fn encode(node: &str, lines: &[Line], max_bytes: usize) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for line in lines.iter().filter_map(Line::encode) {
        if node.len() + line.len() >= max_bytes {
            continue;
        }
        match notes.last_mut().filter(|note| note.len() + line.len() < max_bytes) {
            Some(note) => {
                note.push('\n');
                note.push_str(&line);
            }
            None => notes.push(format!("{node}\n{line}")),
        }
    }
    notes
}

/// The items of another process; empty if the note is our own.
pub(crate) fn decode(note: &str, node: &str) -> Vec<Line> {
    let mut lines = note.lines();
    if lines.next() == Some(node) {
        return Vec::new();
    }
    lines.filter_map(Line::decode).collect()
}

#[cfg(test)]
mod tests {
    use super::super::event::Typing;
    use super::*;
    use proptest::prelude::*;

    fn line() -> impl Strategy<Value = Line> {
        let id = || "[0-9a-f]{24}".prop_map(|id| id.parse::<ConversationId>().unwrap());
        prop_oneof![
            (id(), 1..i64::MAX, any::<bool>()).prop_map(|(conversation, number, is_new)| Line::Number {
                conversation,
                number,
                is_new
            }),
            ("[0-9a-f]{24}", 1..i64::MAX)
                .prop_map(|(call, number)| Line::Call { call: call.parse().unwrap(), number }),
            ("[0-9a-f]{24}", "[0-9a-f]{24}").prop_map(|(session, user)| Line::SessionEnded(
                session.parse().unwrap(),
                user.parse().unwrap()
            )),
            (id(), "\\PC*", any::<bool>()).prop_map(|(conversation_id, display_name, is_typing)| {
                Line::Ephemeral(Ephemeral::Typing(Typing {
                    conversation_id,
                    user: "65a0c0ffee0123456789abcd".parse().unwrap(),
                    display_name,
                    is_typing,
                    hidden_from: Vec::new(),
                }))
            }),
            Just(Line::LeftOut),
        ]
    }

    proptest! {
        #[test]
        fn what_is_told_is_read_by_everybody_else(lines in proptest::collection::vec(line(), 0..80)) {
            let notes = encode("abcd", &lines, 2_000);
            prop_assert!(notes.iter().all(|note| note.len() <= 2_000));
            let read: Vec<Line> = notes.iter().flat_map(|note| decode(note, "ef01")).collect();
            prop_assert_eq!(read, lines);
            prop_assert!(notes.iter().all(|note| decode(note, "abcd").is_empty()), "our own");
        }

        #[test]
        fn whatever_comes_is_no_panic(note in ".*") {
            let _ = decode(&note, "abcd");
        }
    }

    #[test]
    fn lines_that_are_not_understood_are_passed_over() {
        let known = Line::Number {
            conversation: "65a0c0ffee0123456789abcd".parse().unwrap(),
            number: 7,
            is_new: false,
        };
        let note = "abcd\nx 1 2\nn nonsense 7\nn 65a0c0ffee0123456789abcd 7\ne {}\n";
        assert_eq!(decode(note, "ef01"), [known]);
        assert_eq!(decode("", "ef01"), []);
    }
}
