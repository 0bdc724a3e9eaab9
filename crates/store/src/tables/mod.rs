//! The tables, each with its rows and its queries.

pub mod accounts;
mod job_table;
pub mod messaging;
pub mod processes;
pub mod translation;
