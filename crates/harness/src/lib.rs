//! A messenger for tests: users, signed-in clients, a scripted translation engine, and a clock that the test
//! sets.
//!
//! [`World`] is a chat without a gateway, for tests that call it directly. [`TestServer`] is a gateway on a port, for tests over HTTP and sockets.

mod chat;
mod engine;
mod inbox;
#[cfg(feature = "gateway")]
mod leftovers;
#[cfg(feature = "gateway")]
mod server;
#[cfg(feature = "gateway")]
mod translation_api;
mod world;

pub use chat::SIGNING_SECRET;
pub use engine::{Engine, downloading, nobody_speaks};
pub use inbox::{Email, Inbox, Text};
#[cfg(feature = "gateway")]
pub use server::{Single, TestServer, unlimited};
pub use world::{World, registration, wanted};
