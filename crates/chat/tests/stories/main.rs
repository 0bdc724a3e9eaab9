//! What Meeshy does, told as stories, each on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod accounts;
mod authority;
mod calling;
mod caring;
mod catching_up;
mod communities;
mod conversing;
mod deleting;
mod editing;
mod everyday;
mod everyday_talk;
mod friends;
mod full_tables;
mod gateways;
mod guessing;
mod habits;
mod hidden;
mod indexes;
mod joining;
mod mailing;
mod naming;
mod own_deletions;
mod participants;
mod preferences;
mod profiles;
mod proposing;
mod racing;
mod reacting;
mod receipts;
mod requests;
mod retention;
mod round_trips;
mod searching;
mod second_factor;
mod secrets;
mod security;
mod sessions;
mod setup;
mod sharing;
mod statements;
mod translating;
mod warm_up;
