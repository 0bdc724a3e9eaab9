//! The gateway over real connections, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod access;
mod authority;
mod caring;
mod catching_up;
mod editing;
mod engine;
mod files;
mod gateways;
mod generated;
mod hardship;
mod imported;
mod libretranslate;
mod limits;
mod metrics;
mod nul;
mod pages;
mod polling;
mod second_factor;
mod server;
mod setup;
mod shapes;
mod sharing;
mod socket;
mod sockets;
mod translation;
