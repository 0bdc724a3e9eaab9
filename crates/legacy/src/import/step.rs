//! What the reading side hands over to the writing side.

use super::duplicates::Duplicates;
use super::report::Notices;
use super::text_digest::TextDigest;
use crate::mapping::{Draft, Mapping};
use meeshy_store::legacy::Entry;
use meeshy_store::legacy::layouts::Layout;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// What is to be written next.
pub(super) enum Step<'d> {
    /// A collection begins, with so many documents.
    Collection(&'d str, u64),
    /// Rows of a collection whose documents are gone go now: nothing refers to them, and what is new may have the key of what
    /// is gone. Some documents may occur more than once.
    DeleteMissing(&'d str, Arc<Duplicates>),
    /// Documents have a layout that is new.
    Layout(Layout),
    /// What becomes of some documents of a collection.
    Batch(&'d str, Vec<Resolution<'d>>),
    /// A message has translations inside.
    Translations(Vec<Draft<'d>>),
    /// All messages are there, and answer each other: a message, and the one it answers.
    Replies(Vec<(String, String)>),
    /// Documents were rejected, and others may refer to the rows that are here of them: which are these?
    RetainedRows { mapping: &'static Mapping, ids: Vec<String>, answer: Sender<Vec<RetainedRow>> },
    /// So many more documents were read.
    Progress(u64),
}

/// What becomes of a document: an entry of the ledger, and perhaps a row.
pub(super) struct Resolution<'m> {
    pub(super) entry: Entry,
    /// Bytes before it in the dump.
    pub(super) position: u64,
    /// The row that it becomes.
    pub(super) row: Option<Draft<'m>>,
    /// The document, for the case that its row cannot be written.
    pub(super) raw: Option<Vec<u8>>,
    /// Takes the place of a row of the same key.
    pub(super) replaces: bool,
}

/// A row that stays though its document was rejected, and that documents may refer to.
pub(super) struct RetainedRow {
    pub(super) id: String,
    /// The conversation, if it is a message.
    pub(super) conversation: Option<String>,
}

/// What was found by reading all of a dump.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) notices: Notices,
    pub(super) texts: TextDigest,
    /// What the ledger calls documents that share their id with another.
    pub(super) qualified_ids: HashSet<String>,
}
