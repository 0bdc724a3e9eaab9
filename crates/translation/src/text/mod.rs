//! A message as the engines see it: what must not change is protected, layout is set aside, the rest are segments.

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
