//! Tests of dumps, import and export, in one program because they share their setup.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod dump;
mod export;
mod import;
mod random;
mod support;
