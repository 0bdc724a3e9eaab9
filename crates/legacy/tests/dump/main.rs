//! Mongodumps, read and written.

mod corpus;
mod forms;
mod support;
