//! The export: the whole database as a dump that the old system can load again (ADR 3, `docs/import.md`).
//!
//! `run` opens the database and `collections` orders the collections of the dump. Their documents come from
//! `imported`, `new_rows` and `ledger_only`, each built by `document`. `record` stores for the ledger what
//! was written; `loss` counts the data that the old format cannot represent.
//!
//! Invariants: the document of an unchanged row is byte for byte the imported one; changes made here win over
//! imported values; what was deleted here stays deleted; nothing is invented, and lost data is listed.

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
