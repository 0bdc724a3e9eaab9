//! From the documents of the old system to rows: one list of fields for each collection.
//!
//! A [`Mapping`] lists the fields of a document and the columns they become; a rule of its own says the little that a list
//! cannot. It is a plain function of the document and of what is known of others ([`IdIndex`]): nothing here reads or writes anything.
//! Nothing is made up: what is absent stays absent, or is what the old system's schema took for absent.

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
