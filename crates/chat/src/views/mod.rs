//! Messages, and reactions to them, as shown to a viewer: rows of several tables put together.

mod builder;
mod file_links;
mod message;
mod reaction;

pub(crate) use builder::{Views, shown_to};
pub(crate) use file_links::FileLinks;
pub use file_links::FileSignature;
pub use message::{MessageView, Person, SenderView, Told};
pub use reaction::ReactionView;
pub(crate) use reaction::reactions;
