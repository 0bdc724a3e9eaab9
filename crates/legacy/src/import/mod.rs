//! The import: every document of a dump becomes a row, is merged, archived or rejected, in one transaction (ADR 3).
//!
//! Invariants: nothing of a run is to be seen before all of it is; what a run has counted adds up, or the run is undone;
//! the same dump again changes nothing; what was changed in Meeshy is only overwritten where the old system changed the same
//! column later, and that is reported; a document that cannot be taken changes nothing that is here.

mod accept;
mod anonymise;
mod archive;
mod batch;
mod change;
mod check;
mod deletions;
mod error;
mod groups;
mod ids;
mod kept;
mod layouts;
mod ledger_only;
mod list;
mod plan;
mod prescan;
mod reading;
mod report;
mod returned;
mod run;
mod stale;
mod uploads;
mod writing;

pub use archive::{Found, find};
pub use error::ImportError;
pub use plan::{Plan, Planned, plan};
pub use report::{Conflict, Count, Noticed, Rejected, Report};
pub use run::{Options, Progress, run};
pub use uploads::Uploads;
