//! Messages as shown to a viewer: rows of several tables put together.

mod builder;
mod file_links;
mod message;

pub(crate) use builder::Views;
pub(crate) use file_links::FileLinks;
pub use file_links::FileSignature;
pub use message::{MessageView, SenderView};
