//! Sockets of users.

use crate::server::{Person, Server};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

pub struct Socket(meeshy_testkit::Socket);

impl Socket {
    /// An authenticated connection of a user.
    pub async fn of(server: &Server, person: &Person) -> Self {
        let mut socket = Self::connect(server, json!({ "token": person.token })).await;
        let authenticated = socket.event("authenticated").await;
        assert_eq!(authenticated["success"], true, "{authenticated}");
        socket
    }

    /// A connection with this authentication payload.
    pub async fn connect(server: &Server, auth: Value) -> Self {
        Self(meeshy_testkit::Socket::connect(server.address, &auth).await)
    }

    /// A connection that has sent nothing yet.
    pub async fn open(server: &Server, query: &str) -> Self {
        Self(meeshy_testkit::Socket::open(server.address, query).await)
    }

    /// Waits until the connection is closed; returns the events before that.
    pub async fn closed(self) -> Vec<(String, Value)> {
        self.0.closed().await
    }
}

impl Deref for Socket {
    type Target = meeshy_testkit::Socket;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Socket {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
