//! Stories about the import, each told on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod corpus;
mod dirt;
mod every;
mod later;
mod support;
