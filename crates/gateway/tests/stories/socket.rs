//! A Socket.IO client of few words: protocol 5 over a WebSocket.

use crate::server::{Person, Server};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What a test waits for comes within this time.
const TIMEOUT: Duration = Duration::from_secs(5);

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Events that nobody has asked for yet.
    events: VecDeque<(String, Value)>,
    next_ack: u64,
}

/// What a server says.
enum Said {
    Event(String, Value),
    Ack(u64, Value),
    /// The namespace or the connection was closed.
    Closed,
    Other,
}

impl Socket {
    /// A connection of a person, authenticated.
    pub async fn of(server: &Server, person: &Person) -> Self {
        let mut socket = Self::connect(server, json!({ "token": person.token })).await;
        let authenticated = socket.event("authenticated").await;
        assert_eq!(authenticated["success"], true, "{authenticated}");
        socket
    }

    /// A connection with these words of introduction.
    pub async fn connect(server: &Server, auth: Value) -> Self {
        let mut socket = Self::open(server, "EIO=4").await;
        socket.write(&format!("40{auth}")).await;
        socket
    }

    /// A connection that has said nothing yet.
    pub async fn open(server: &Server, query: &str) -> Self {
        let url = format!("ws://{}/socket.io/?{query}&transport=websocket", server.address);
        let (stream, _) = connect_async(url).await.unwrap();
        Self { stream, events: VecDeque::new(), next_ack: 0 }
    }

    pub async fn write(&mut self, packet: &str) {
        // A server that has closed takes nothing, and the test finds out by what it waits for.
        let _ = self.stream.send(Message::text(packet)).await;
    }

    pub async fn write_binary(&mut self, bytes: Vec<u8>) {
        let _ = self.stream.send(Message::binary(bytes)).await;
    }

    pub async fn tell(&mut self, event: &str, data: Value) {
        self.write(&format!("42{}", json!([event, data]))).await;
    }

    /// Sends an event and gives the number under which its acknowledgement comes.
    pub async fn begin(&mut self, event: &str, data: Value) -> u64 {
        let ack = self.next_ack;
        self.next_ack += 1;
        self.write(&format!("42{ack}{}", json!([event, data]))).await;
        ack
    }

    pub async fn acknowledgement(&mut self, number: u64) -> Value {
        loop {
            match self.said().await {
                Said::Ack(found, data) if found == number => return data,
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Closed => panic!("closed before the acknowledgement {number} came"),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    pub async fn ask(&mut self, event: &str, data: Value) -> Value {
        let number = self.begin(event, data).await;
        self.acknowledgement(number).await
    }

    /// The next event of this name; others wait.
    pub async fn event(&mut self, name: &str) -> Value {
        if let Some(at) = self.events.iter().position(|(found, _)| found == name) {
            return self.events.remove(at).unwrap().1;
        }
        loop {
            match self.said().await {
                Said::Event(found, data) if found == name => return data,
                Said::Event(found, data) => self.events.push_back((found, data)),
                Said::Closed => panic!("closed before `{name}` came"),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// Waits for the end of the connection; gives the events before it.
    pub async fn closed(mut self) -> Vec<(String, Value)> {
        loop {
            match self.said().await {
                Said::Closed => return self.events.into(),
                Said::Event(name, data) => self.events.push_back((name, data)),
                Said::Ack(..) | Said::Other => {}
            }
        }
    }

    /// The events that have come until the server has answered a question, so everything it said before.
    pub async fn so_far(&mut self) -> Vec<(String, Value)> {
        self.ask("no such event", Value::Null).await;
        self.events.drain(..).collect()
    }

    async fn said(&mut self) -> Said {
        let next = tokio::time::timeout(TIMEOUT, self.stream.next()).await;
        let message = match next.expect("the server says nothing any more") {
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
