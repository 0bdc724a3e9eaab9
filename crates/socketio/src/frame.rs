//! WebSocket frames from clients (RFC 6455), without a buffer on idle connections.
//!
//! Headers are decoded by tungstenite. Its connection type is not used: it keeps a read and a write buffer
//! for each socket, and copies every packet for each receiver.

use bytes::Bytes;
use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The maximum payload of a control frame (RFC 6455 5.5).
const MAX_CONTROL: u64 = 125;

/// A message, assembled from one or more frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary,
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// Why a connection must be closed, as a code of RFC 6455 7.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    Protocol = 1002,
    NotAcceptable = 1003,
    NotText = 1007,
    TooLarge = 1009,
}

/// Assembles messages from the incoming bytes.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// Bytes that are not decoded yet: the start of a frame, usually empty.
    bytes: Vec<u8>,
    /// How much of `bytes` is decoded.
    read: usize,
    fragments: Option<(Data, Vec<u8>)>,
}

impl Decoder {
    /// Adds incoming bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next complete message, of at max `max` bytes.
    pub fn message(&mut self, max: u64) -> Result<Option<Message>, Violation> {
        loop {
            let Some((header, payload)) = self.frame(max)? else { return Ok(None) };
            if let Some(message) = self.take(&header, payload, max)? {
                return Ok(Some(message));
            }
        }
    }

    fn frame(&mut self, max: u64) -> Result<Option<(FrameHeader, Vec<u8>)>, Violation> {
        let mut cursor = Cursor::new(&self.bytes[self.read..]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Violation::Protocol)?;
        let Some((header, length)) = parsed else { return Ok(self.wait()) };
        let control = matches!(header.opcode, OpCode::Control(_));
        if header.rsv1
            || header.rsv2
            || header.rsv3
            || (control && (length > MAX_CONTROL || !header.is_final))
        {
            return Err(Violation::Protocol);
        }
        // Clients must mask their frames (RFC 6455 5.1).
        let Some(mask) = header.mask else { return Err(Violation::Protocol) };
        if length > max {
            return Err(Violation::TooLarge);
        }
        let (Ok(start), Ok(length)) = (usize::try_from(cursor.position()), usize::try_from(length)) else {
            return Err(Violation::TooLarge);
        };
        let start = self.read + start;
        let Some(masked) = self.bytes.get(start..start + length) else { return Ok(self.wait()) };
        let payload = masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.read = start + length;
        Ok(Some((header, payload)))
    }

    /// No complete frame is left. Frees the buffer if it is empty.
    fn wait<T>(&mut self) -> Option<T> {
        if self.read == self.bytes.len() {
            self.bytes = Vec::new();
            self.read = 0;
        }
        None
    }

    fn take(
        &mut self,
        header: &FrameHeader,
        payload: Vec<u8>,
        max: u64,
    ) -> Result<Option<Message>, Violation> {
        match header.opcode {
            OpCode::Control(Control::Ping) => Ok(Some(Message::Ping(payload))),
            OpCode::Control(Control::Pong) => Ok(Some(Message::Pong)),
            OpCode::Control(Control::Close) => Ok(Some(Message::Close)),
            OpCode::Control(Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                Err(Violation::Protocol)
            }
            OpCode::Data(Data::Continue) => {
                let Some((kind, mut whole)) = self.fragments.take() else { return Err(Violation::Protocol) };
                if (whole.len() + payload.len()) as u64 > max {
                    return Err(Violation::TooLarge);
                }
                whole.extend_from_slice(&payload);
                self.data(header.is_final, kind, whole)
            }
            OpCode::Data(_) if self.fragments.is_some() => Err(Violation::Protocol),
            OpCode::Data(kind) => self.data(header.is_final, kind, payload),
        }
    }

    fn data(&mut self, is_final: bool, kind: Data, payload: Vec<u8>) -> Result<Option<Message>, Violation> {
        if !is_final {
            self.fragments = Some((kind, payload));
            return Ok(None);
        }
        if kind == Data::Binary {
            return Ok(Some(Message::Binary));
        }
        String::from_utf8(payload).map(|text| Some(Message::Text(text))).map_err(|_| Violation::NotText)
    }
}

/// A control frame to a client.
pub(crate) fn control(kind: Control, payload: &[u8]) -> Bytes {
    let header =
        FrameHeader { is_final: true, opcode: OpCode::Control(kind), mask: None, ..FrameHeader::default() };
    let mut frame = Vec::with_capacity(payload.len() + 2);
    // Neither writing to memory nor encoding an unmasked frame can fail.
    let _ = header.format(payload.len() as u64, &mut frame);
    frame.extend_from_slice(payload);
    frame.into()
}

/// The close frame to a client.
pub(crate) fn close(code: u16) -> Bytes {
    control(Control::Close, &code.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Outgoing;
    use proptest::prelude::*;
    use tungstenite::protocol::frame::Frame;

    fn masked(frame: Frame) -> Vec<u8> {
        let mut frame = frame;
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let mut bytes = Vec::new();
        frame.format(&mut bytes).unwrap();
        bytes
    }

    fn data(text: &str, kind: Data, is_final: bool) -> Vec<u8> {
        masked(Frame::message(text.to_owned(), OpCode::Data(kind), is_final))
    }

    fn all(bytes: &[u8], max: u64) -> Result<Vec<Message>, Violation> {
        let mut decoder = Decoder::default();
        decoder.extend(bytes);
        let mut messages = Vec::new();
        while let Some(message) = decoder.message(max)? {
            messages.push(message);
        }
        Ok(messages)
    }

    #[test]
    fn fragments_form_one_message_and_control_frames_may_be_in_between() {
        let mut bytes = data("Bon", Data::Text, false);
        bytes.extend(masked(Frame::ping(vec![7])));
        bytes.extend(data("jo", Data::Continue, false));
        bytes.extend(data("ur", Data::Continue, true));
        assert_eq!(all(&bytes, 100), Ok(vec![Message::Ping(vec![7]), Message::Text("Bonjour".into())]));
    }

    #[test]
    fn protocol_violations_are_rejected() {
        let unmasked = Outgoing::new("x").frame().to_vec();
        assert_eq!(all(&unmasked, 100), Err(Violation::Protocol));
        assert_eq!(all(&data("x", Data::Continue, true), 100), Err(Violation::Protocol));
        let twice = [data("x", Data::Text, false), data("x", Data::Text, true)].concat();
        assert_eq!(all(&twice, 100), Err(Violation::Protocol));
        assert_eq!(all(&data("xx", Data::Text, true), 1), Err(Violation::TooLarge));
        let grown = [data("xx", Data::Text, false), data("xx", Data::Continue, true)].concat();
        assert_eq!(all(&grown, 3), Err(Violation::TooLarge));
        let bytes = masked(Frame::message(vec![0xFF], OpCode::Data(Data::Text), true));
        assert_eq!(all(&bytes, 100), Err(Violation::NotText));
        // Compressed, which was not negotiated.
        let mut bytes = data("x", Data::Text, true);
        bytes[0] |= 0x40;
        assert_eq!(all(&bytes, 100), Err(Violation::Protocol));
        let long = masked(Frame::ping(vec![0; 126]));
        assert_eq!(all(&long, 1_000), Err(Violation::Protocol));
    }

    proptest! {
        #[test]
        fn the_result_does_not_depend_on_how_the_bytes_are_split(texts in proptest::collection::vec("\\PC{0,200}", 1..5), size in 1_usize..50) {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| data(text, Data::Text, true)).collect();
            let mut decoder = Decoder::default();
            let mut messages = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.extend(piece);
                while let Some(message) = decoder.message(10_000).unwrap() {
                    messages.push(message);
                }
            }
            let expected: Vec<Message> = texts.into_iter().map(Message::Text).collect();
            prop_assert_eq!(messages, expected);
            prop_assert_eq!(decoder.bytes.capacity(), 0);
        }

        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes, 50);
        }
    }
}
