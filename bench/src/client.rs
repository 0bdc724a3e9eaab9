//! A single Socket.IO client.

use crate::packet::{self, Packet, PacketError};
use futures::{SinkExt, StreamExt};
use serde::Serialize;
use std::net::SocketAddr;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// With the default of 128 KiB and thousands of clients, the generator would measure its own memory and cache
/// misses.
const BUFFER_BYTES: usize = 16 * 1024;

/// Why a client stopped.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No TCP connection.
    #[error("failed to connect to {address}")]
    Connect {
        /// The server's address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The WebSocket failed.
    #[error("the WebSocket failed")]
    WebSocket(#[from] Box<tungstenite::Error>),
    /// The server sent an invalid packet.
    #[error("the server sent an invalid packet")]
    Packet(#[from] PacketError),
    /// The server rejected the handshake.
    #[error("the server rejected the connection: {0}")]
    Refused(String),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The payload cannot be encoded as JSON.
    #[error("failed to encode a packet")]
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

/// A client with an open namespace. It answers pings whenever it is read from.
#[derive(Debug)]
pub struct Client {
    stream: WebSocketStream<TcpStream>,
    /// The text that the last packet borrows from.
    current: Utf8Bytes,
    next_ack: u64,
}

impl Client {
    /// Connects over WebSocket and opens the namespace with `auth`; earlier events are ignored.
    ///
    /// # Errors
    /// If the server cannot be reached, or rejects the client.
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
            other => return Err(ClientError::Refused(format!("expected a connect packet, found {other:?}"))),
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

    /// The next packet that is not a ping. Cancel safe.
    ///
    /// # Errors
    /// If the connection is closed.
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

    /// Waits for an event with this name and parses its argument; everything else is ignored.
    ///
    /// # Errors
    /// If the connection is closed, or the argument is not JSON.
    pub async fn next_event(&mut self, name: &str) -> Result<serde_json::Value, ClientError> {
        loop {
            if let Packet::Event(event) = self.next().await?
                && event.name == name
            {
                return Ok(event.read()?);
            }
        }
    }

    /// Sends an encoded packet.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn send(&mut self, packet: String) -> Result<(), ClientError> {
        Ok(self.stream.send(Message::text(packet)).await?)
    }

    /// Emits an event.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn emit(&mut self, name: &str, payload: &impl Serialize) -> Result<(), ClientError> {
        self.send(packet::emit(name, payload, None)?).await
    }

    /// Emits an event with an acknowledgement, and returns the id of the acknowledgement.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn emit_with_ack(&mut self, name: &str, payload: &impl Serialize) -> Result<u64, ClientError> {
        let id = self.next_ack;
        self.next_ack += 1;
        self.send(packet::emit(name, payload, Some(id))?).await?;
        Ok(id)
    }

    /// Closes the connection as a browser does.
    ///
    /// # Errors
    /// If it is already closed.
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

    /// A server for one connection that sends `script` line by line; a line that starts with `>` is sent
    /// after the next packet received. Returns what it received.
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
    async fn a_rejection_has_the_servers_reason() {
        let (address, _heard) = scripted(&["0{}", ">", r#"44{"message":"no"}"#]).await;
        let error = Client::connect(address, &json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), r#"the server rejected the connection: {"message":"no"}"#);
    }

    #[tokio::test]
    async fn a_disconnect_is_noticed() {
        let (address, heard) = scripted(&["0{}", ">", "40{}"]).await;
        let mut client = Client::connect(address, &json!({})).await.unwrap();
        heard.await.unwrap();
        assert!(client.next().await.is_err());
    }
}
