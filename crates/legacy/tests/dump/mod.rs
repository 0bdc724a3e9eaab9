//! Reading and writing MongoDB dumps.

mod archives;
mod corpus;
mod corrupted;
mod forms;
mod independent;
mod properties;
mod support;
mod truncated;
mod written;
