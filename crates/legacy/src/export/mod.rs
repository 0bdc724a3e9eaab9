//! The export: the whole database as a dump that the old system can load again (ADR 3, `docs/import.md`).
//!
//! `run` opens the database, `collections` puts the collections of the dump in order, and their documents come from `imported`,
//! `new_rows` and `ledger_only`, each made by `document`; `record` keeps what the ledger has to know of them, `loss` what the old
//! shapes cannot hold.
//!
//! Invariants: a document whose row is as it was imported comes out as it went in, to the bit; what was changed here wins over
//! what was imported; what was removed here stays removed; nothing is made up, and what the old shapes cannot hold is listed.

mod collections;
mod context;
mod document;
mod error;
mod imported;
mod ledger;
mod ledger_only;
mod loss;
mod new_rows;
mod record;
mod report;
#[cfg(test)]
mod round_trip;
mod rows;
mod run;
mod special;
mod target;

pub use error::ExportError;
pub use report::{Count, NotHeld, Report};
pub use run::run;
pub(crate) use special::{Filled, filled};
pub use target::{Progress, Target};
