//! Converts results of `chat` to wire types, for routes and sockets.

mod accounts;
mod address;
mod calls;
mod communities;
mod conversations;
mod dashboard;
pub mod events;
mod files;
mod guests;
mod mentions;
mod messages;
mod notifications;
mod overview;
mod participants;
mod people;
mod phones;
mod preferences;
mod profiles;
mod reactions;
mod receipts;
mod sessions;
mod share_links;
mod translations;
mod two_factor;

pub use accounts::{challenged_user, found_user, language, user};
pub use calls::{
    call_initiated, call_media, call_member, call_participant, call_session, call_signal, ice_servers,
};
pub use communities::{community, community_conversation, community_member};
pub use conversations::{conversation, deleted_conversation, member, proposal, stats, term};
pub use dashboard::dashboard;
pub use files::{attachment, file_status};
pub use guests::{
    guest_conversation, guest_user, link_conversation, link_info, link_usage, member_user, own_guest,
};
pub use mentions::{mention, mention_of_caller, mention_suggestion};
pub use messages::{disclosure, message};
pub use notifications::{live_notification, notification, push_device};
pub use overview::{conversation_reactions, conversation_statuses, open_conversation};
pub use participants::participant;
pub use people::{abuse_report, friend_request};
pub use phones::{masked_user, phone_conflict};
pub use preferences::{
    category, community_preferences, conversation_preferences, default_community_preferences, my_account,
    preferences, setting,
};
pub use profiles::{public_user, user_page, user_stats};
pub use reactions::{reaction, reaction_event, reaction_sync};
pub use receipts::{message_details, message_history, read_status, read_statuses, receipt};
pub use sessions::{session, session_details};
pub use share_links::{listed_share_link, new_share_link, own_share_link, share_link, share_link_patch};
pub use translations::{progress, report};
pub use two_factor::two_factor_setup;
