//! Carries events from transactions to the dispatchers of all processes.
//!
//! Within this process an event carries its payload. Other processes are notified, soon after the commit, of
//! the new number of a conversation (`announcements`), and read the rows of the log. A lost announcement only
//! costs time: every process also polls ([`Feed`]).

mod announcements;
mod announcing;
mod bus;
mod delivery;
mod feed;
mod followed;
mod note;

pub(crate) use delivery::{Events, News};
pub use feed::Feed;
