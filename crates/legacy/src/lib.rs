//! The old system and its MongoDB: the dumps that `mongodump` writes, read and written.
//!
//! Everything that knows how the old system kept its data is here; nothing else in Meeshy does.

#[cfg(feature = "corpus")]
pub mod corpus;
pub mod dump;
pub mod export;
pub mod import;
pub mod mapping;
