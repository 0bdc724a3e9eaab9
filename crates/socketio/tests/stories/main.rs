//! The server as clients on the wire see it, over both transports and in both versions of the protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod engine_io;
mod site;
mod socket_io;
mod transports;
