//! From the dump to what is to be written, without a look at the database. One thread does this.
//!
//! 1. `collections` goes through the dump, parents before children;
//! 2. `prescan` reads ahead where documents depend on later ones, or occur more than once;
//! 3. `document` maps each document, of those that `admit` lets through, and sends it to
//! 4. `accept`, where it becomes a row, or `ledger_only`, where it is kept whole; documents of which others may say the same
//!    are `deferred` until all of them are there;
//! 5. `output` hands all of it to the writing side, batch by batch.
//!
//! The stages share one `reader`.

mod accept;
mod admit;
mod anonymise;
mod candidate;
mod collections;
mod copies;
mod deferred;
mod document;
mod embedded;
mod groups;
mod ledger_only;
mod output;
mod prescan;
mod reader;
mod unique_values;

pub(crate) use collections::read;
