//! The server as clients see it on the wire, over both transports and in both versions of the protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod engine_io;
mod site;
mod socket_io;
mod transports;
