//! The import: every document of a dump becomes a row, or is merged, archived or rejected, in one transaction
//! (ADR 3).
//!
//! Invariants: nothing of a run is visible before it is complete; the counts of a run add up, or it is rolled
//! back; importing the same dump again changes nothing; a change made in Meeshy is only overwritten if the
//! old system changed the same column later, and this is reported; a rejected document changes no existing
//! data.
//!
//! `run` connects the stages: one thread reads the dump and decides the outcome of each document (`read`),
//! and sends steps (`step`) to another one that writes them (`write`).

mod archive;
mod context;
mod duplicates;
mod error;
mod ids;
mod layouts;
mod options;
mod plan;
mod public_files;
mod read;
mod report;
mod run;
mod step;
mod text_digest;
mod uploads;
mod write;

pub use archive::{Found, find};
pub use error::ImportError;
pub use options::{Options, Progress};
pub use plan::{Plan, Planned, plan};
pub use report::{Conflict, Count, Noticed, Rejected, Report};
pub use run::run;
pub use uploads::Uploads;
