//! Stories about the way back, each told on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod changes;
mod identity;
mod independent;
mod support;
mod writes;
