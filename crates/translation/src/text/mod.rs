//! A message as the engines see it: what must not change is protected, layout is set aside, the rest are segments.

mod document;
mod protect;
mod sentences;

pub(crate) use document::{Document, splice};
