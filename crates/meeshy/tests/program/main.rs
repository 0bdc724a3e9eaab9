//! The real program as a process: started, called over HTTP, stopped, killed.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod cluster;
mod command_line;
mod crash;
mod descriptors;
mod export;
mod gateways;
mod hardship;
mod https;
mod import;
mod interfaces;
mod kills;
mod load;
mod models;
mod private;
mod roles;
mod schema;
mod server;
mod uploads;
mod user;
