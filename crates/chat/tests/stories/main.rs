//! What Meeshy does, told as stories, each on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod accounts;
mod authority;
mod caring;
mod catching_up;
mod conversing;
mod editing;
mod full_tables;
mod gateways;
mod guessing;
mod habits;
mod hidden;
mod indexes;
mod naming;
mod participants;
mod preferences;
mod proposing;
mod racing;
mod requests;
mod retention;
mod round_trips;
mod searching;
mod second_factor;
mod secrets;
mod sessions;
mod setup;
mod sharing;
mod statements;
mod translating;
mod warm_up;
