//! HTTP connections: how many there may be, from whom, and how long they may take. Every listener of the
//! program runs on [`serve`].
//!
//! `server` accepts connections, `connections` limits their number, `connection` serves one and enforces its time-outs, `request_body`
//! limits how slowly a body may arrive, and `client_address` determines the client's address behind proxies.
//!
//! This crate knows nothing about routes, and reads no configuration.

mod client_address;
mod connection;
mod connections;
mod descriptors;
mod forwarded;
mod limits;
mod request_body;
mod server;

pub use client_address::{Forwarding, Header};
pub use descriptors::raise_descriptor_limit;
pub use limits::Limits;
pub use request_body::BodyPace;
pub use server::serve;
