//! The messages from the reading side to the writing side.

use super::duplicates::Duplicates;
use super::report::Notices;
use super::text_digest::TextDigest;
use crate::mapping::{Draft, Mapping};
use meeshy_store::legacy::Entry;
use meeshy_store::legacy::layouts::Layout;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// A step to write.
pub(super) enum Step<'d> {
    /// A collection starts, with this many documents.
    Collection(&'d str, u64),
    /// Rows of a collection whose documents have disappeared are removed now, if nothing refers to them: new
    /// documents may have the same key. Some documents may occur more than once.
    DeleteMissing(&'d str, Arc<Duplicates>),
    /// Documents have a new layout.
    Layout(Layout),
    /// The outcomes of some documents of a collection.
    Batch(&'d str, Vec<Resolution<'d>>),
    /// A message has embedded translations.
    Translations(Vec<Draft<'d>>),
    /// All messages are there, so their reply-tos can be set: a message and the one it replies to.
    Replies(Vec<(String, String)>),
    /// Asks which of some rejected documents have rows here, which others may refer to.
    RetainedRows { mapping: &'static Mapping, ids: Vec<String>, answer: Sender<Vec<RetainedRow>> },
    /// This many more documents were read.
    Progress(u64),
}

/// The outcome of a document: a ledger entry, and possibly a row.
pub(super) struct Resolution<'m> {
    pub(super) entry: Entry,
    /// Its offset in the dump.
    pub(super) position: u64,
    /// The row that it becomes.
    pub(super) row: Option<Draft<'m>>,
    /// The document, in case its row cannot be written.
    pub(super) raw: Option<Vec<u8>>,
    /// It replaces a row with the same key.
    pub(super) replaces: bool,
}

/// A row that stays although its document was rejected, and that documents may refer to.
pub(super) struct RetainedRow {
    pub(super) id: String,
    /// The conversation, if it is a message.
    pub(super) conversation: Option<String>,
}

/// The result of reading a whole dump.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) notices: Notices,
    pub(super) texts: TextDigest,
    /// The ledger ids of documents that share their id with another.
    pub(super) qualified_ids: HashSet<String>,
}
