//! Socket.IO 5 packets inside Engine.IO packets, as text.
//!
//! The first digit is Engine.IO's (`4` is a message), the second Socket.IO's: `42["event",{…}]`, `430[{…}]`.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// The maximum number of attachments of an event.
const MAX_ATTACHMENTS: usize = 16;

/// The maximum number of bytes echoed to a client: the data of a ping, or the name of a namespace.
const MAX_ECHO: usize = 125;

/// An encoded text packet: a whole WebSocket frame, shared by all receivers.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    frame: Bytes,
    header: u8,
}

impl Outgoing {
    /// The packet with this text.
    pub fn new(text: &str) -> Self {
        Self::build(text.len(), |frame| frame.extend_from_slice(text.as_bytes()))
    }

    fn build(length: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let header = FrameHeader {
            is_final: true,
            opcode: OpCode::Data(Data::Text),
            mask: None,
            ..FrameHeader::default()
        };
        let mut frame = Vec::with_capacity(length + 10);
        // Neither writing to memory nor encoding an unmasked text frame can fail.
        let _ = header.format(length as u64, &mut frame);
        let header = u8::try_from(frame.len()).unwrap_or(u8::MAX);
        write(&mut frame);
        Self { frame: frame.into(), header }
    }

    /// `42["name",data]`
    pub fn event(name: &str, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let (name, data) = (serde_json::to_vec(name)?, serde_json::to_vec(data)?);
        Ok(Self::build(name.len() + data.len() + 5, |frame| {
            for part in [b"42[", name.as_slice(), b",", &data, b"]"] {
                frame.extend_from_slice(part);
            }
        }))
    }

    /// `43id[data]`
    pub fn acknowledgement(id: u64, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::new(&format!("43{id}[{}]", serde_json::to_string(data)?)))
    }

    /// The WebSocket frame.
    pub fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// The text for the response to a poll.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.frame[usize::from(self.header)..])
    }
}

/// A packet from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// `1`: it disconnects.
    Close,
    /// `2` with data to echo: a heartbeat in version 3; a probe for the upgrade in version 4.
    Ping(String),
    /// `3`: the answer to a ping.
    Pong,
    /// `5`: it has upgraded.
    Upgrade,
    /// `6`: nothing.
    Noop,
    /// `40`: it joins the namespace, with credentials (JSON).
    Connect(String),
    /// `40/name`: it joins a namespace that does not exist.
    ConnectUnknown(String),
    /// `41`: it leaves the namespace.
    Disconnect,
    /// `42`, or `45` with the number of attachments that follow.
    Event(Event, usize),
    /// `43`: an acknowledgement, although we never ask for one.
    Acknowledgement,
}

/// An event from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its first argument as JSON, or `null`. Attachments remain as placeholders.
    pub data: Box<str>,
    /// The arguments after the first, as JSON.
    pub more: Vec<Box<str>>,
    /// Whether it had attachments. They are dropped: binary data is not supported.
    pub is_binary: bool,
    /// The id of the acknowledgement that the client waits for, if it does.
    pub(crate) ack: Option<u64>,
}

impl Event {
    /// Whether the client waits for an acknowledgement ([`Socket::acknowledge`](crate::Socket::acknowledge)).
    pub fn expects_ack(&self) -> bool {
        self.ack.is_some()
    }
}

/// A packet that ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPacket {
    /// Not a Socket.IO packet, or not at this time.
    #[error("Bad request")]
    Malformed,
    /// Binary data that belongs to no event.
    #[error("Binary data is not supported")]
    Binary,
}

use BadPacket::Malformed;

impl Incoming {
    /// Parses a packet.
    pub fn parse(text: &str) -> Result<Self, BadPacket> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(Malformed)?;
        let rest = chars.as_str();
        match kind {
            '1' if rest.is_empty() => Ok(Self::Close),
            '2' if rest.len() <= MAX_ECHO => Ok(Self::Ping(rest.to_owned())),
            '3' => Ok(Self::Pong),
            '4' => message(rest),
            '5' if rest.is_empty() => Ok(Self::Upgrade),
            '6' if rest.is_empty() => Ok(Self::Noop),
            _ => Err(Malformed),
        }
    }
}

fn message(text: &str) -> Result<Incoming, BadPacket> {
    let mut chars = text.chars();
    let kind = chars.next().ok_or(Malformed)?;
    let (attachments, rest) = match kind {
        '5' | '6' => {
            let (count, rest) = chars.as_str().split_once('-').ok_or(Malformed)?;
            let count = count.parse().ok().filter(|&count| count <= MAX_ATTACHMENTS).ok_or(Malformed)?;
            (count, rest)
        }
        _ => (0, chars.as_str()),
    };
    let (namespace, rest) = namespace(rest);
    let ours = matches!(namespace, "" | "/");
    match kind {
        '0' if ours => Ok(Incoming::Connect(rest.to_owned())),
        '0' if namespace.len() <= MAX_ECHO => Ok(Incoming::ConnectUnknown(namespace.to_owned())),
        _ if !ours => Err(Malformed),
        '1' => Ok(Incoming::Disconnect),
        '2' | '5' => Ok(Incoming::Event(Event { is_binary: kind == '5', ..event(rest)? }, attachments)),
        '3' => Ok(Incoming::Acknowledgement),
        _ => Err(Malformed),
    }
}

/// `/name,` or `/name?query,` at the start.
fn namespace(text: &str) -> (&str, &str) {
    if !text.starts_with('/') {
        return ("", text);
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    (name.split_once('?').map_or(name, |(name, _)| name), rest)
}

fn event(text: &str) -> Result<Event, BadPacket> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (ack, arguments) = text.split_at(digits);
    let ack = if ack.is_empty() { None } else { Some(ack.parse().map_err(|_| Malformed)?) };
    let arguments: Vec<&RawValue> = serde_json::from_str(arguments).map_err(|_| Malformed)?;
    let mut arguments = arguments.into_iter().map(RawValue::get);
    let name = serde_json::from_str(arguments.next().ok_or(Malformed)?).map_err(|_| Malformed)?;
    let data = arguments.next().unwrap_or("null").into();
    Ok(Event { name, data, more: arguments.map(Box::from).collect(), is_binary: false, ack })
}

/// Encodes a packet; the types that are sent can be encoded.
pub(crate) fn encoded(packet: Result<Outgoing, serde_json::Error>) -> Option<Outgoing> {
    packet.inspect_err(|error| tracing::error!(%error, "Failed to encode an event")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(text: &str) -> Result<Incoming, BadPacket> {
        Incoming::parse(text)
    }

    #[test]
    fn packets_are_parsed() {
        let event = |name: &str, data: &str, ack| Event {
            name: name.into(),
            data: data.into(),
            more: Vec::new(),
            is_binary: false,
            ack,
        };
        assert_eq!(parsed("1"), Ok(Incoming::Close));
        assert_eq!(parsed("2probe"), Ok(Incoming::Ping("probe".into())));
        assert_eq!(parsed("3"), Ok(Incoming::Pong));
        assert_eq!(parsed("40"), Ok(Incoming::Connect(String::new())));
        assert_eq!(parsed("40{\"token\":\"x\"}"), Ok(Incoming::Connect("{\"token\":\"x\"}".into())));
        assert_eq!(parsed("40/,{}"), Ok(Incoming::Connect("{}".into())));
        assert_eq!(parsed("40/?token=x"), Ok(Incoming::Connect(String::new())));
        assert_eq!(parsed("40/admin,{}"), Ok(Incoming::ConnectUnknown("/admin".into())));
        assert_eq!(parsed("41"), Ok(Incoming::Disconnect));
        let several = Event { more: vec!["2".into(), "[]".into()], ..event("say", "{\"a\":[1]}", None) };
        assert_eq!(parsed("42[\"say\",{\"a\":[1]},2, []]"), Ok(Incoming::Event(several, 0)));
        assert_eq!(parsed("427[\"say\"]"), Ok(Incoming::Event(event("say", "null", Some(7)), 0)));
        assert_eq!(parsed("42/,7[\"say\"]"), Ok(Incoming::Event(event("say", "null", Some(7)), 0)));
        let binary = Event { is_binary: true, ..event("say", "7", Some(0)) };
        assert_eq!(parsed("452-0[\"say\",7]"), Ok(Incoming::Event(binary, 2)));
        assert_eq!(parsed("4312[\"thanks\"]"), Ok(Incoming::Acknowledgement));
    }

    #[test]
    fn invalid_packets_are_rejected() {
        for text in [
            "",
            "x",
            "0",
            "7",
            "9",
            "11",
            "4",
            "42",
            "42[",
            "42{}",
            "42[]",
            "42[7]",
            "42/other,[\"x\"]",
            "44{}",
            "45",
            "45[\"x\"]",
            "451-[\"x\"",
            "4517-[\"x\"]",
            "45-1-[\"x\"]",
            "4299999999999999999999[\"x\"]",
            "4\u{1F600}",
        ] {
            assert_eq!(parsed(text), Err(Malformed), "{text}");
        }
        let deep = format!("42[\"x\",{}]", "[".repeat(100_000));
        assert_eq!(parsed(&deep), Err(Malformed));
    }

    #[test]
    fn packets_are_the_same_over_both_transports() {
        let event = Outgoing::event("say", &json!({ "é": 1 })).unwrap();
        assert_eq!(event.text(), "42[\"say\",{\"é\":1}]");
        assert_eq!(&event.frame()[..2], [0x81, 18]);
        assert_eq!(&event.frame()[2..], event.text().as_bytes());
        assert_eq!(Outgoing::acknowledgement(3, &json!(null)).unwrap().text(), "433[null]");
        let long = "x".repeat(70_000);
        let long = Outgoing::new(&long);
        assert_eq!((long.text().len(), long.frame().len()), (70_000, 70_010));
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "\\PC{0,40}") {
            let _ = parsed(&text);
            let _ = parsed(&format!("4{text}"));
            let _ = parsed(&format!("42{text}"));
        }

        #[test]
        fn events_round_trip(name in "\\PC{0,20}", data in "\\PC{0,40}") {
            let sent = Outgoing::event(&name, &data).unwrap();
            let Ok(Incoming::Event(event, 0)) = parsed(&sent.text()) else { panic!("{}", sent.text()) };
            prop_assert_eq!(serde_json::from_str::<String>(&event.data).unwrap(), data);
            prop_assert_eq!(event.name, name);
        }
    }
}
