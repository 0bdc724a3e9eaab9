//! Jobs and scheduled jobs, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod claims;
mod queue;
mod schedules;
mod support;
