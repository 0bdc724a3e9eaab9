//! The old system and its MongoDB: reads and writes the dumps of `mongodump`.
//!
//! All knowledge of how the old system stored its data is in this crate.

#[cfg(feature = "corpus")]
pub mod corpus;
mod deleted_accounts;
pub mod dump;
pub mod export;
pub mod import;
pub mod mapping;
