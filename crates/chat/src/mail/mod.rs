//! E-mails to users: ordered in the transaction of their cause, and sent by a job.

mod order;
mod post;

pub(crate) use order::{MAIL, Order};
pub(crate) use post::Post;
