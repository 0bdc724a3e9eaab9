//! Converts results of `chat` to wire types, for routes and sockets.

mod accounts;
mod address;
mod communities;
mod conversations;
pub mod events;
mod files;
mod mentions;
mod messages;
mod participants;
mod people;
mod profiles;
mod reactions;
mod sessions;
mod translations;
mod two_factor;

pub use accounts::{challenged_user, found_user, language, user};
pub use communities::{community, community_conversation, community_member};
pub use conversations::{conversation, member, proposal, stats, term};
pub use mentions::{mention, mention_of_caller, mention_suggestion};
pub use messages::message;
pub use participants::participant;
pub use people::{abuse_report, friend_request};
pub use profiles::{public_user, user_page, user_stats};
pub use reactions::{reaction, reaction_event, reaction_sync};
pub use sessions::{session, session_details};
pub use translations::{progress, report};
pub use two_factor::two_factor_setup;
