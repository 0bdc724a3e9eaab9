//! What is found in files, and in what strangers may upload instead.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod containers;
mod hostile;
mod metadata;
mod pictures;
mod recordings;
mod samples;
mod sniffing;
