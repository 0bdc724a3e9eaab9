//! Tests of the export, on both databases.

mod changes;
mod identity;
mod independent;
pub mod writes;
