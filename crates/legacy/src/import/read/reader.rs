//! The state shared by all stages of reading.

use super::copies::Copies;
use super::embedded::EmbeddedTranslations;
use super::groups::Deferred;
use super::output::{Output, stopped};
use super::unique_values::UniqueValues;
use crate::import::context::Input;
use crate::import::error::ImportError;
use crate::import::step::{Findings, Step};
use crate::mapping::{Draft, IdIndex, Source};
use std::collections::HashSet;
use std::sync::mpsc;

/// A dump being read.
pub(super) struct Reader<'d> {
    pub(super) input: Input<'d>,
    pub(super) output: Output<'d>,
    pub(super) findings: Findings,
    /// The ids that later documents may refer to.
    pub(super) ids: IdIndex,
    /// Tables whose rows come from several collections of the dump.
    pub(super) shared_tables: HashSet<&'static str>,
    pub(super) unique_values: UniqueValues,
    /// Documents that wait for others with the same unique key.
    pub(super) deferred: Vec<Deferred<'d>>,
    /// Documents of the current collection that occur more than once.
    pub(super) copies: Copies,
    /// Rejected documents of the current collection: others may refer to their rows.
    rejected: Vec<String>,
    /// Messages and their reply-tos, set once all messages are there.
    pub(super) replies: Vec<(String, String)>,
    pub(super) embedded: EmbeddedTranslations,
    /// A temporary number for each message until it gets its own.
    pub(super) provisional_sequence: i64,
}

impl<'d> Reader<'d> {
    pub(super) fn new(input: Input<'d>, output: Output<'d>, shared_tables: HashSet<&'static str>) -> Self {
        Self {
            input,
            output,
            findings: Findings::default(),
            ids: IdIndex::new(input.options.now),
            shared_tables,
            unique_values: UniqueValues::default(),
            deferred: Vec::new(),
            copies: Copies::default(),
            rejected: Vec::new(),
            replies: Vec::new(),
            embedded: EmbeddedTranslations::default(),
            provisional_sequence: 0,
        }
    }

    /// Records a document that becomes a row, for those that refer to it.
    pub(super) fn remember(&mut self, draft: &Draft<'_>) {
        if let Some(parent) = draft.mapper.mapping.parent {
            self.ids.insert(parent, &draft.id, || draft.text("conversation_id"));
        }
    }

    /// Records a rejected document.
    pub(super) fn note_rejected(&mut self, id: &str) {
        if !self.input.is_first {
            self.rejected.push(id.to_owned());
        }
    }

    /// Asks for the existing rows of rejected documents: they stay, and others may refer to them.
    pub(super) fn remember_retained_rows(&mut self, source: &'static Source) -> Result<(), ImportError> {
        let ids = std::mem::take(&mut self.rejected);
        let mut mappings = source.shape.mappings().iter();
        let referenced = mappings.find_map(|mapping| Some((*mapping, mapping.parent?)));
        let Some((mapping, parent)) = referenced.filter(|_| !ids.is_empty()) else { return Ok(()) };
        let (answer, answered) = mpsc::channel();
        self.output.send(Step::RetainedRows { mapping, ids, answer })?;
        for row in answered.recv().map_err(|_| stopped())? {
            self.ids.insert(parent, &row.id, || row.conversation.as_deref());
        }
        Ok(())
    }
}
