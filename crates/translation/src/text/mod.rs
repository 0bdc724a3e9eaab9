//! The engines' view of a message: protected pieces, layout, and segments.

mod compose;
mod document;
mod markdown;
mod placeholders;
mod protect;
mod sentences;
mod symbols;

pub(crate) use compose::{composed, is_composed_of};
pub(crate) use document::{Document, splice};
pub(crate) use protect::needs_no_spaces;
