//! The import: every document of a dump becomes a row, is merged, archived or rejected, in one transaction (ADR 3).
//!
//! Invariants: nothing of a run is to be seen before all of it is; what a run has counted adds up, or the run is undone;
//! the same dump again changes nothing; what was changed in Meeshy is only overwritten where the old system changed the same
//! column later, and that is reported; a document that cannot be taken changes nothing that is here.
//!
//! `run` knows all stages: one thread reads the dump and decides what becomes of each document (`read`: reading, prescan,
//! accept), and hands over steps (`step`) to another one that writes them (`write`: batch, change, write).

mod archive;
mod context;
mod duplicates;
mod error;
mod ids;
mod layouts;
mod options;
mod plan;
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
