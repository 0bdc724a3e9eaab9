//! The input shared by all stages of an import.

use super::options::Options;
use crate::dump::Dump;
use crate::mapping::Mappers;

/// Documents in one batch.
pub(super) const BATCH_SIZE: usize = 500;

/// The dump and the options.
#[derive(Clone, Copy)]
pub(super) struct Input<'d> {
    pub(super) dump: &'d Dump,
    pub(super) mappers: &'d Mappers,
    pub(super) options: &'d Options,
    /// This is the first import.
    pub(super) is_first: bool,
}
