//! Conversations, their messages and members.

pub mod attachments;
pub mod communities;
pub mod community_invites;
pub mod community_members;
pub mod community_names;
pub mod conversation_languages;
pub mod conversations;
pub mod deletions;
pub mod events;
pub mod glossary;
pub mod glossary_proposals;
pub mod guests;
pub mod members;
pub mod mentions;
pub mod messages;
pub mod notifications;
pub mod participants;
pub mod reactions;
pub mod statuses;
pub mod visibility;
