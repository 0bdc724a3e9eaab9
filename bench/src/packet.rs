//! Packets of Engine.IO 4 and Socket.IO 5, as text, without copying.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// A packet from the server, in the namespace `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the transport is open; JSON with `sid`, `pingInterval`, `pingTimeout`.
    Open(&'a str),
    /// `1`: the transport closes.
    Close,
    /// `2`: answer with [`PONG`], or be disconnected.
    Ping,
    /// `6`: nothing.
    Noop,
    /// `40`: the namespace is open; JSON with `sid`.
    Connect(&'a str),
    /// `41`: the namespace is closed.
    Disconnect,
    /// `42`: an event.
    Event(Event<'a>),
    /// `43`: the acknowledgement of the event that was sent with this id; the JSON array of its arguments.
    Ack {
        /// The id of the event.
        id: u64,
        /// The JSON array of the arguments.
        arguments: &'a str,
    },
    /// `44`: the namespace was rejected; JSON with `message`.
    ConnectError(&'a str),
}

/// An event and its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The id to acknowledge it with, if the sender expects that.
    pub id: Option<u64>,
    /// Its name.
    pub name: &'a str,
    /// The JSON of its arguments, separated by commas: one value for most events, empty for none. Not
    /// validated: a load generator counts most packets without parsing them.
    pub payload: &'a str,
}

impl Event<'_> {
    /// Parses the single argument.
    ///
    /// # Errors
    /// If it is not of the expected type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload)
    }
}

/// Why a packet is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PacketError {
    /// An unknown or unsupported type.
    #[error("unknown packet type in `{0}`")]
    Type(String),
    /// What follows the type is malformed.
    #[error("malformed packet `{0}`")]
    Malformed(String),
}

/// The answer to [`Packet::Ping`].
pub const PONG: &str = "3";

/// How much of a packet is shown in an error.
const SHOWN_CHARS: usize = 80;

/// Parses a packet.
///
/// # Errors
/// If it is malformed, binary, or in another namespace.
pub fn parse(text: &str) -> Result<Packet<'_>, PacketError> {
    let shown = || text.chars().take(SHOWN_CHARS).collect::<String>();
    let malformed = || PacketError::Malformed(shown());
    let Some((kind, rest)) = split_first(text) else { return Err(malformed()) };
    match kind {
        '0' => Ok(Packet::Open(rest)),
        '1' => Ok(Packet::Close),
        '2' => Ok(Packet::Ping),
        '6' => Ok(Packet::Noop),
        '4' => match split_first(rest).ok_or_else(malformed)? {
            ('0', data) => Ok(Packet::Connect(data)),
            ('1', _) => Ok(Packet::Disconnect),
            ('2', data) => event(data).map(Packet::Event).ok_or_else(malformed),
            ('3', data) => acknowledgement(data).ok_or_else(malformed),
            ('4', data) => Ok(Packet::ConnectError(data)),
            _ => Err(PacketError::Type(shown())),
        },
        _ => Err(PacketError::Type(shown())),
    }
}

fn split_first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|first| (first, chars.as_str()))
}

/// `[id]["name",arguments…]`.
fn event(data: &str) -> Option<Event<'_>> {
    let (id, array) = leading_number(data)?;
    let (name, rest) = array.strip_prefix("[\"")?.strip_suffix(']')?.split_once('"')?;
    // None of our events has a name that JSON would escape.
    if name.contains('\\') {
        return None;
    }
    let payload = if rest.is_empty() { rest } else { rest.strip_prefix(',')? };
    Some(Event { id, name, payload })
}

/// `id[arguments…]`.
fn acknowledgement(data: &str) -> Option<Packet<'_>> {
    let (id, arguments) = leading_number(data)?;
    let is_array = arguments.starts_with('[') && arguments.ends_with(']');
    is_array.then_some(Packet::Ack { id: id?, arguments })
}

/// The digits at the start, if any, and the rest.
fn leading_number(data: &str) -> Option<(Option<u64>, &str)> {
    let digits = data.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = data.split_at(digits);
    if number.is_empty() { Some((None, rest)) } else { Some((Some(number.parse().ok()?), rest)) }
}

/// The packet that opens the namespace `/` with credentials.
pub fn connect(auth: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(format!("40{}", serde_json::to_string(auth)?))
}

/// An event; with an id, the server acknowledges it.
pub fn emit(name: &str, payload: &impl Serialize, id: Option<u64>) -> Result<String, serde_json::Error> {
    let (name, payload) = (serde_json::to_string(name)?, serde_json::to_string(payload)?);
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    Ok(format!("42{id}[{name},{payload}]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_packet_of_a_session_is_parsed() {
        let event = |id, name, payload| Packet::Event(Event { id, name, payload });
        for (text, packet) in [
            (r#"0{"sid":"a"}"#, Packet::Open(r#"{"sid":"a"}"#)),
            ("1", Packet::Close),
            ("2", Packet::Ping),
            ("6", Packet::Noop),
            (r#"40{"sid":"b"}"#, Packet::Connect(r#"{"sid":"b"}"#)),
            ("41", Packet::Disconnect),
            (r#"42["hello"]"#, event(None, "hello", "")),
            (r#"42["message:new",{"id":1}]"#, event(None, "message:new", r#"{"id":1}"#)),
            (r#"4217["a",[1],"]"]"#, event(Some(17), "a", r#"[1],"]""#)),
            (r#"435[{"success":true}]"#, Packet::Ack { id: 5, arguments: r#"[{"success":true}]"# }),
            (r#"44{"message":"no"}"#, Packet::ConnectError(r#"{"message":"no"}"#)),
        ] {
            assert_eq!(parse(text), Ok(packet), "{text}");
        }
    }

    #[test]
    fn invalid_packets_are_errors() {
        for text in ["", "4", "9", "451-[]", "42", "42[]", "42[\"a", "42[\"a\"1]", "43[]", "43x", "431", "é"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        let other_namespace = parse(r#"42/admin,["a"]"#);
        assert_eq!(other_namespace, Err(PacketError::Malformed(r#"42/admin,["a"]"#.into())));
        let too_long = format!("42{}[\"a\"]", "9".repeat(30));
        assert_eq!(parse(&too_long), Err(PacketError::Malformed(too_long.clone())));
    }

    proptest! {
        #[test]
        fn no_input_panics(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_packet_like_input_panics(text in r#"[0-9]{0,22}[\[\]",a-c\\é{}:0-9]{0,20}"#) {
            let _ = parse(&text);
        }

        #[test]
        fn emitted_events_round_trip(
            name in "[a-z:-]{1,20}",
            text in ".*",
            id in proptest::option::of(any::<u64>()),
        ) {
            let payload = json!({ "text": text });
            let packet = emit(&name, &payload, id).unwrap();
            let Ok(Packet::Event(event)) = parse(&packet) else { panic!("no event: {packet}") };
            prop_assert_eq!((event.id, event.name), (id, name.as_str()));
            prop_assert_eq!(event.read::<serde_json::Value>().unwrap(), payload);
        }
    }
}
