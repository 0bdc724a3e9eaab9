//! Into the database, in one transaction and on one thread.
//!
//! 1. `writer` takes the steps of the reading side in their order;
//! 2. `batch` writes documents: the first import inserts them, a later one compares each with the ledger;
//! 3. `change` brings a row to what its document says now: a three-way merge with what both sides had (`base`), which after an
//!    export is what that wrote (`returned`); translations that do not fit any more go (`stale`);
//! 4. in the end `missing` finds documents that are gone, and `deletions` and `unreturned` remove their rows, unless rows that
//!    are `retained` refer to them;
//! 5. `check` sees whether everything adds up.
//!
//! What becomes of each document is counted by `report_builder`.

mod base;
mod batch;
mod change;
mod check;
mod deletions;
mod details;
mod missing;
mod report_builder;
mod retained;
mod returned;
mod rows;
mod stale;
mod unreturned;
mod writer;

pub(crate) use details::DetailsFile;
pub(crate) use writer::Writer;
