//! Conversations, their messages and members.

pub mod attachments;
pub mod community_preferences;
pub mod conversation_categories;
pub mod conversation_languages;
pub mod conversation_preferences;
pub mod conversation_search;
pub mod conversations;
pub mod dashboard;
pub mod deletions;
pub mod events;
pub mod glossary;
pub mod glossary_proposals;
pub mod guests;
pub mod members;
pub mod mentions;
pub mod message_revisions;
pub mod messages;
pub mod notifications;
pub mod own_deletions;
pub mod participants;
pub mod reactions;
pub mod read_cursors;
pub mod receipts;
pub mod statuses;
pub mod visibility;
