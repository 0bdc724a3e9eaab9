//! A Socket.IO client for load and for tests: the official protocol (Engine.IO 4, Socket.IO 5) over
//! WebSocket, light enough that the server saturates first.
//!
//! [`packet`] encodes and decodes the protocol, [`client`] implements a client. The benchmarks are the
//! program (`main.rs`). Deliberately absent: polling, binary packets, namespaces other than `/`,
//! reconnection. The official JavaScript client tests those.

pub mod client;
pub mod packet;
