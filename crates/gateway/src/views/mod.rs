//! Converts results of `chat` to wire types, for routes and sockets.

mod accounts;
mod address;
mod conversations;
mod dashboard;
pub mod events;
mod files;
mod messages;
mod participants;
mod preferences;
mod translations;

pub use accounts::{challenged_user, found_user, language, session, user};
pub use conversations::{conversation, proposal, stats, term};
pub use dashboard::dashboard;
pub use messages::message;
pub use participants::participant;
pub use preferences::{
    category, community_preferences, conversation_preferences, default_community_preferences, my_account,
    preferences, setting,
};
pub use translations::{progress, report};
