//! Mongodumps, what becomes of them here, and the way back: one program, for what the tests need is the same.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod dump;
mod export;
mod import;
mod random;
mod support;
