//! The engines' view of a message: protected pieces, layout, and segments.

mod compose;
mod document;
mod markdown;
mod pattern;
mod placeholders;
mod protect;
mod quantities;
mod scripts;
mod sentences;
mod symbols;

pub(crate) use compose::{composed, is_composed_of};
pub(crate) use document::{Document, splice};
pub(crate) use quantities::{Replaced, lost, words};
pub(crate) use scripts::needs_no_spaces;
