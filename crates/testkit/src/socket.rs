//! A minimal Socket.IO client: protocol 5 over a WebSocket.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use crate::{Api, Person};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Everything a test waits for arrives within this time.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection, and what it has received that was not read yet.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Events that were not read yet.
    events: VecDeque<(String, Value)>,
    next_ack: u64,
}

/// The connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// A packet of the server.
enum Said {
    Event(String, Value),
    Ack(u64, Value),
    /// The namespace or the connection was closed.
    Closed,
    Other,
}

impl Socket {
    /// An authenticated connection of a user.
    ///
    /// # Panics
    /// As [`try_of`](Self::try_of) fails.
    pub async fn of(server: &Api, person: &Person) -> Self {
        Self::try_of(server, person).await.expect("the server authenticates the socket")
    }

    /// An authenticated connection of a user.
    ///
    /// # Errors
    /// When nothing listens, the connection is closed before it is authenticated, or the token is rejected.
    pub async fn try_of(server: &Api, person: &Person) -> Result<Self, Closed> {
        let mut socket = Self::try_open(server, "EIO=4").await?;
        socket.write(&format!("40{}", json!({ "token": person.token }))).await;
        let authenticated = socket.next("authenticated").await?;
        if authenticated["success"] == true { Ok(socket) } else { Err(Closed) }
    }

    /// A connection with this authentication payload.
    pub async fn connect(server: &Api, auth: Value) -> Self {
        let mut socket = Self::open(server, "EIO=4").await;
        socket.write(&format!("40{auth}")).await;
        socket
    }

    /// A connection that has sent nothing yet.
    ///
    /// # Panics
    /// When the server rejects the WebSocket.
    pub async fn open(server: &Api, query: &str) -> Self {
        Self::try_open(server, query).await.expect("the server takes a WebSocket")
    }

    async fn try_open(server: &Api, query: &str) -> Result<Self, Closed> {
        let url = format!("ws://{}/socket.io/?{query}&transport=websocket", server.address);
        let (stream, _) = connect_async(url).await.map_err(|_| Closed)?;
        Ok(Self { stream, events: VecDeque::new(), next_ack: 0 })
    }

    /// Sends a packet.
    pub async fn write(&mut self, packet: &str) {
        // A closed server receives nothing; the test fails when it waits for the effect.
        let _ = self.stream.send(Message::text(packet)).await;
    }

    /// Sends a binary frame.
    pub async fn write_binary(&mut self, bytes: Vec<u8>) {
        let _ = self.stream.send(Message::binary(bytes)).await;
    }

    /// Sends an event.
    pub async fn tell(&mut self, event: &str, data: Value) {
        self.write(&format!("42{}", json!([event, data]))).await;
    }

    /// Sends an event and returns the number of its acknowledgement.
    pub async fn begin(&mut self, event: &str, data: Value) -> u64 {
        let ack = self.next_ack;
        self.next_ack += 1;
        self.write(&format!("42{ack}{}", json!([event, data]))).await;
        ack
    }

    /// The acknowledgement of an event.
    ///
    /// # Panics
    /// When the connection is closed first.
    pub async fn acknowledgement(&mut self, number: u64) -> Value {
        self.acknowledgement_unless_closed(number)
            .await
            .unwrap_or_else(|Closed| panic!("closed before the acknowledgement {number} came"))
    }

    async fn acknowledgement_unless_closed(&mut self, number: u64) -> Result<Value, Closed> {
        loop {
            match self.said().await {
                Said::Ack(found, data) if found == number => return Ok(data),
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Closed => return Err(Closed),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// Sends an event and waits for its acknowledgement.
    pub async fn ask(&mut self, event: &str, data: Value) -> Value {
        let number = self.begin(event, data).await;
        self.acknowledgement(number).await
    }

    /// Sends an event on a connection that may be closed at any moment, and waits for its acknowledgement.
    ///
    /// # Errors
    /// When the connection is closed first.
    pub async fn ask_unless_closed(&mut self, event: &str, data: Value) -> Result<Value, Closed> {
        let number = self.begin(event, data).await;
        self.acknowledgement_unless_closed(number).await
    }

    /// The next event of this name; others stay in the queue.
    ///
    /// # Panics
    /// When the connection is closed first.
    pub async fn event(&mut self, name: &str) -> Value {
        self.next(name).await.unwrap_or_else(|Closed| panic!("closed before `{name}` came"))
    }

    /// The next event of this name; others stay in the queue.
    ///
    /// # Errors
    /// When the connection is closed first.
    pub async fn next(&mut self, name: &str) -> Result<Value, Closed> {
        if let Some(at) = self.events.iter().position(|(found, _)| found == name) {
            return self.events.remove(at).map(|(_, data)| data).ok_or(Closed);
        }
        loop {
            match self.said().await {
                Said::Event(found, data) if found == name => return Ok(data),
                Said::Event(found, data) => self.events.push_back((found, data)),
                Said::Closed => return Err(Closed),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// The next message; everything else is dropped. Has no time-out.
    ///
    /// # Errors
    /// When the connection is closed first.
    pub async fn next_message(&mut self) -> Result<Value, Closed> {
        loop {
            while let Some((name, data)) = self.events.pop_front() {
                if name == "message:new" {
                    return Ok(data);
                }
            }
            match self.read().await {
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Closed => return Err(Closed),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// Waits until the connection is closed; returns the events before that.
    pub async fn closed(mut self) -> Vec<(String, Value)> {
        loop {
            match self.said().await {
                Said::Closed => return self.events.into(),
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// The events received until the server has answered a request, which are all that it sent before.
    pub async fn so_far(&mut self) -> Vec<(String, Value)> {
        self.ask("no such event", Value::Null).await;
        self.events.drain(..).collect()
    }

    /// The same, or the events until the connection was closed.
    pub async fn replies(&mut self) -> Vec<(String, Value)> {
        let number = self.begin("no such event", Value::Null).await;
        loop {
            match self.said().await {
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Ack(found, _) if found != number => {}
                Said::Ack(..) | Said::Closed => return self.events.drain(..).collect(),
                Said::Other => {}
            }
        }
    }

    async fn said(&mut self) -> Said {
        let read = tokio::time::timeout(TIMEOUT, self.read()).await;
        read.expect("the server says nothing any more")
    }

    async fn read(&mut self) -> Said {
        let message = match self.stream.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Said::Closed,
            Some(Ok(_)) => return Said::Other,
        };
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        match message.as_bytes() {
            b"2" => {
                self.write("3").await;
                Said::Other
            }
            b"1" | b"41" => Said::Closed,
            [b'4', b'2', ..] => {
                let (name, data) = serde_json::from_str(&message[2..]).unwrap();
                Said::Event(name, data)
            }
            [b'4', b'3', ..] => {
                let (number, data) = message[2..].split_at(digits(&message[2..]));
                let [data] = serde_json::from_str(data).unwrap();
                Said::Ack(number.parse().unwrap(), data)
            }
            _ => Said::Other,
        }
    }
}
