//! Maps documents of the old system to rows, with one list of fields per collection.
//!
//! A [`Mapping`] lists the fields of a document and their columns; a rule covers what a list cannot express.
//! It is a pure function of the document and of the known ids ([`IdIndex`]), without I/O. Nothing is
//! invented: an absent value stays absent or gets the default of the old schema.

pub mod attachments;
mod calls;
mod communities;
mod conversations;
pub mod digests;
mod draft;
mod encryption;
pub mod field;
mod guests;
mod id_index;
mod links;
mod mapper;
mod mappers;
mod merge;
mod messages;
mod model;
mod notifications;
mod oversight;
mod people;
mod rejection;
mod residual;
mod security;
mod sources;
mod statuses;
pub mod three_way;
pub mod to_bson;
pub mod translations;
pub mod value;

pub use id_index::{Addresses, Id, IdIndex};
pub use mapper::MAX_ID_LENGTH;
pub use mappers::Mappers;
pub use model::{Destination, Draft, Implied, Mapper, Mapping, Merge, Notice, Rule, Volatile};
pub use rejection::{Reason, Rejection};
pub use residual::Residual;
pub(crate) use residual::is_same;
pub use sources::{SOURCES, Shape, Source, names_of, source_of};
