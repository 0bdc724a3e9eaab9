//! Converts results of `chat` to wire types, for routes and sockets.

mod accounts;
mod address;
mod conversations;
pub mod events;
mod files;
mod mentions;
mod messages;
mod participants;
mod reactions;
mod translations;

pub use accounts::{challenged_user, found_user, language, session, user};
pub use conversations::{conversation, member, proposal, stats, term};
pub use mentions::{mention, mention_of_caller, mention_suggestion};
pub use messages::message;
pub use participants::participant;
pub use reactions::{reaction, reaction_event, reaction_sync};
pub use translations::{progress, report};
