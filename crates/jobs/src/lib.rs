//! Durable jobs: work that survives a crash, is done by one process at a time, and is retried.
//!
//! A [`Kind`] of job is enqueued in the transaction of the change that causes it, and done by a handler of a
//! [`Runner`], at least once: a process that is killed may have done a job without recording it. A scheduled
//! job is declared with an interval, and done by one of the processes that declare it.
//!
//! Jobs are rows ([`meeshy_store::jobs`]). A process claims those that are due, extends its claim while it
//! works, and others take over when the claim has expired. [`Backoff`] and [`hold`] are the parts that the
//! translation of messages shares; it has a table of its own.

mod backoff;
mod handler;
mod hold;
mod kind;
mod runner;
mod running;

pub use backoff::Backoff;
pub use handler::JobError;
pub use hold::hold;
pub use kind::Kind;
pub use runner::Runner;
