//! The gateway over real connections, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod access;
mod authority;
mod callers;
mod calling;
mod caring;
mod catching_up;
mod coverage;
mod editing;
mod event_access;
mod file_statuses;
mod files;
mod gateways;
mod generated;
mod guests;
mod hardship;
mod imported;
mod joining;
mod libretranslate;
mod limits;
mod mailed;
mod metrics;
mod notifications;
mod nul;
mod own_data;
mod own_deletions;
mod pages;
mod phones;
mod privacy;
mod pushing;
mod reacting;
mod receipts;
mod resuming;
mod second_factor;
mod setup;
mod shapes;
mod sharing;
mod sockets;
mod translation;
mod uploading;
