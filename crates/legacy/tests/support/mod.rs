//! What the stories share.

mod database;
mod documents;
mod dumps;
mod python;
mod rows;

pub use database::*;
pub use documents::*;
pub use dumps::*;
pub use python::read_with_python;
pub use rows::*;
