//! The tables, each with its rows and its queries.

pub mod accounts;
pub mod messaging;
pub mod processes;
pub mod translation;
