//! The export: the whole database as a dump that the old system can load again (ADR 3, `docs/import.md`).
//!
//! Invariants: a document whose row is as it was imported comes out as it went in, to the bit; what was changed here wins over
//! what was imported; what was removed here stays removed; nothing is made up, and what the old shapes cannot hold is listed.

mod document;
mod error;
mod ledger_only;
mod loss;
mod reader;
mod record;
mod report;
#[cfg(test)]
mod round_trip;
mod rows;
mod run;
mod special;

pub use error::ExportError;
pub use report::{Count, NotHeld, Report};
pub use run::{Progress, Target, run};
pub(crate) use special::{Filled, filled};
