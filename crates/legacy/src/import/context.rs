//! What all stages of an import are given.

use super::options::Options;
use crate::dump::Dump;
use crate::mapping::Mappers;

/// Documents in one batch.
pub(super) const BATCH_SIZE: usize = 500;

/// What is imported, and how.
#[derive(Clone, Copy)]
pub(super) struct Input<'d> {
    pub(super) dump: &'d Dump,
    pub(super) mappers: &'d Mappers,
    pub(super) options: &'d Options,
    /// Nothing was imported before.
    pub(super) is_first: bool,
}
