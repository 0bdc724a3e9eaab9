//! The interfaces over real connections.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod bad_input;
mod classic;
mod grpc;
mod libretranslate;
mod server;
