//! How events get from the transactions to those who deliver them, here and in other processes.
//!
//! In this process an event travels with its payload. Other processes hear, soon after the commit, which number a
//! conversation has come to (`announcements`), and read the rows of the log. A lost announcement costs time and nothing
//! else: every process looks by itself as well ([`Feed`]).

mod announcements;
mod bus;
mod delivery;
mod feed;
mod followed;
mod note;

pub(crate) use delivery::{Events, News};
pub use feed::Feed;
