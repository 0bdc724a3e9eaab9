//! The channel from the reading side to the writing side.

use crate::import::error::ImportError;
use crate::import::layouts::Layouts;
use crate::import::step::{Resolution, Step};
use meeshy_store::StoreError;
use std::sync::mpsc::SyncSender;

/// Sends the steps to the writer.
pub(super) struct Output<'d> {
    steps: SyncSender<Step<'d>>,
    layouts: Layouts,
    /// Documents of one collection that are not sent yet.
    batch: Vec<Resolution<'d>>,
}

impl<'d> Output<'d> {
    pub(super) fn new(steps: SyncSender<Step<'d>>, layouts: Layouts) -> Self {
        Self { steps, layouts, batch: Vec::new() }
    }

    /// Adds a document to the batch.
    pub(super) fn push(&mut self, resolution: Resolution<'d>) {
        self.batch.push(resolution);
    }

    /// The number of documents in the batch.
    pub(super) fn len(&self) -> usize {
        self.batch.len()
    }

    /// Sends the batch.
    pub(super) fn flush(&mut self, collection: &'d str) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        self.send(Step::Batch(collection, batch))
    }

    /// The number of a layout, which is added if it is new.
    pub(super) fn layout(&mut self, name: &str, fields: &str) -> Result<i64, ImportError> {
        if let Some(number) = self.layouts.find(name, fields) {
            return Ok(number);
        }
        let layout = self.layouts.add(name, fields);
        let number = layout.number;
        self.send(Step::Layout(layout))?;
        Ok(number)
    }

    /// The number of the layout of documents that are stored whole.
    pub(super) fn whole_layout(&self, name: &str) -> i64 {
        self.layouts.whole(name)
    }

    pub(super) fn send(&self, step: Step<'d>) -> Result<(), ImportError> {
        self.steps.send(step).map_err(|_| stopped())
    }
}

/// The writing side reports why it stopped.
pub(super) fn stopped() -> ImportError {
    StoreError::Unavailable("the import has stopped".into()).into()
}
