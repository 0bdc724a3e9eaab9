//! Mongodumps, read and written.

mod forms;
mod support;
