//! Shared helpers.

mod database;
mod documents;
mod dumps;
mod rows;
mod whole;

pub use database::*;
pub use documents::*;
pub use dumps::*;
pub use rows::*;
pub use whole::*;
