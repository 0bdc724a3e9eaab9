//! A message as the engines see it: what must not change is protected, layout is set aside, the rest are segments.

mod document;
mod markdown;
mod protect;
mod sentences;
mod symbols;

pub(crate) use document::{Document, splice};
pub(crate) use protect::needs_no_spaces;
