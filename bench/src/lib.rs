//! A Socket.IO client for load and for tests: the official protocol (Engine.IO 4, Socket.IO 5) over WebSocket, small
//! enough that the server is what saturates.
//!
//! [`packet`] reads and writes the protocol, [`client`] speaks it. The benchmarks are the program (`main.rs`).
//! Deliberately absent: polling, binary packets, namespaces other than `/`, reconnection. The official JavaScript client
//! tests those.

pub mod client;
pub mod packet;
