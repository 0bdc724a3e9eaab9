//! One connected Socket.IO client.

use crate::packet::{self, Packet, PacketError};
use futures::{SinkExt, StreamExt};
use serde::Serialize;
use std::net::SocketAddr;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The default of 128 KiB, thousands of times, would be the generator's memory and cache misses.
const BUFFER_BYTES: usize = 16 * 1024;

/// Why a client does not go on.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No TCP connection.
    #[error("cannot connect to {address}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The WebSocket failed.
    #[error("the WebSocket failed")]
    WebSocket(#[from] Box<tungstenite::Error>),
    /// The server sent what is no packet.
    #[error("the server sent something unexpected")]
    Packet(#[from] PacketError),
    /// The server refused the handshake.
    #[error("the server refused the connection: {0}")]
    Refused(String),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// What was to be sent is not JSON.
    #[error("cannot write a packet")]
    Encode(#[from] serde_json::Error),
}

impl From<tungstenite::Error> for ClientError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Self::Closed,
            other => Self::WebSocket(Box::new(other)),
        }
    }
}

/// A client whose namespace is open. It answers pings whenever it is read.
#[derive(Debug)]
pub struct Client {
    stream: WebSocketStream<TcpStream>,
    /// The text that the last packet borrows from.
    current: Utf8Bytes,
    next_ack: u64,
}

impl Client {
    /// Connects over WebSocket and opens the namespace with `auth`; events that come before are passed over.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses.
    pub async fn connect(address: SocketAddr, auth: &impl Serialize) -> Result<Self, ClientError> {
        let connected = TcpStream::connect(address).await.and_then(|stream| {
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let stream = connected.map_err(|source| ClientError::Connect { address, source })?;
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES);
        let (stream, _) = client_async_with_config(url, stream, Some(config)).await?;
        let mut client = Self { stream, current: Utf8Bytes::default(), next_ack: 0 };
        client.open(auth).await?;
        Ok(client)
    }

    async fn open(&mut self, auth: &impl Serialize) -> Result<(), ClientError> {
        match self.next().await? {
            Packet::Open(_) => {}
            other => return Err(ClientError::Refused(format!("expected to be let in, found {other:?}"))),
        }
        self.send(packet::connect(auth)?).await?;
        loop {
            match self.next().await? {
                Packet::Connect(_) => return Ok(()),
                Packet::ConnectError(reason) => return Err(ClientError::Refused(reason.to_owned())),
                _ => {}
            }
        }
    }

    /// The next packet that is not a ping. May be dropped while it waits.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn next(&mut self) -> Result<Packet<'_>, ClientError> {
        loop {
            let message = self.stream.next().await.ok_or(ClientError::Closed)??;
            match message {
                Message::Text(text) if text.as_str() == "2" => self.send(packet::PONG.to_owned()).await?,
                Message::Text(text) => {
                    self.current = text;
                    break;
                }
                Message::Close(_) => return Err(ClientError::Closed),
                _ => {}
            }
        }
        Ok(packet::parse(&self.current)?)
    }

    /// Waits for an event of this name and reads its argument; everything else is passed over.
    ///
    /// # Errors
    /// When the connection ends, or the argument is not JSON.
    pub async fn next_event(&mut self, name: &str) -> Result<serde_json::Value, ClientError> {
        loop {
            if let Packet::Event(event) = self.next().await?
                && event.name == name
            {
                return Ok(event.read()?);
            }
        }
    }

    /// Sends a packet that is already written.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn send(&mut self, packet: String) -> Result<(), ClientError> {
        Ok(self.stream.send(Message::text(packet)).await?)
    }

    /// Emits an event.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn emit(&mut self, name: &str, payload: &impl Serialize) -> Result<(), ClientError> {
        self.send(packet::emit(name, payload, None)?).await
    }

    /// Emits an event that the server acknowledges, and gives the id of the acknowledgement.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn emit_with_ack(&mut self, name: &str, payload: &impl Serialize) -> Result<u64, ClientError> {
        let id = self.next_ack;
        self.next_ack += 1;
        self.send(packet::emit(name, payload, Some(id))?).await?;
        Ok(id)
    }

    /// Closes the connection as a browser does.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn close(mut self) -> Result<(), ClientError> {
        Ok(self.stream.close(None).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;

    /// A server of one connection that says `script` line by line, each after it has heard something where the line
    /// begins with `>`; gives what it heard.
    async fn scripted(script: &'static [&'static str]) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            let mut heard = Vec::new();
            for line in script {
                if let Some(expected) = line.strip_prefix('>') {
                    heard.push(format!("{expected}{}", socket.next().await.unwrap().unwrap()));
                } else {
                    socket.send(Message::text(*line)).await.unwrap();
                }
            }
            heard
        });
        (address, heard)
    }

    #[tokio::test]
    async fn it_opens_answers_pings_and_exchanges_events() {
        let script = &["0{}", ">", "40{}", "2", ">", r#"42["hello",{"to":"you"}]"#, ">", "430[1]"];
        let (address, heard) = scripted(script).await;
        let mut client = Client::connect(address, &json!({ "token": "t" })).await.unwrap();
        assert_eq!(client.next_event("hello").await.unwrap(), json!({ "to": "you" }));
        let id = client.emit_with_ack("ask", &json!({})).await.unwrap();
        assert_eq!(client.next().await.unwrap(), Packet::Ack { id, arguments: "[1]" });
        assert_eq!(heard.await.unwrap(), [r#"40{"token":"t"}"#, "3", r#"420["ask",{}]"#]);
    }

    #[tokio::test]
    async fn a_refusal_gives_the_servers_reason() {
        let (address, _heard) = scripted(&["0{}", ">", r#"44{"message":"no"}"#]).await;
        let error = Client::connect(address, &json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), r#"the server refused the connection: {"message":"no"}"#);
    }

    #[tokio::test]
    async fn a_server_that_goes_away_is_noticed() {
        let (address, heard) = scripted(&["0{}", ">", "40{}"]).await;
        let mut client = Client::connect(address, &json!({})).await.unwrap();
        heard.await.unwrap();
        assert!(client.next().await.is_err());
    }
}
