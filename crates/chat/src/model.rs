//! What `chat` answers with that is a row of a table.

pub use meeshy_store::abuse_reports::AbuseReport;
pub use meeshy_store::attachment_statuses::{Act as FileAct, FileStatus};
pub use meeshy_store::attachments::Attachment;
pub use meeshy_store::avatars::Avatar;
pub use meeshy_store::calls::{Call, CallParticipant};
pub use meeshy_store::communities::Community;
pub use meeshy_store::community_members::CommunityMember;
pub use meeshy_store::community_preferences::CommunityPreferences;
pub use meeshy_store::conversation_categories::ConversationCategory;
pub use meeshy_store::conversation_languages::Counts as LanguageCounts;
pub use meeshy_store::conversation_preferences::ConversationPreferences;
pub use meeshy_store::conversations::{Conversation, Preferences};
pub use meeshy_store::deletions::Place as MessagePlace;
pub use meeshy_store::exports::{
    ExportedBlock, ExportedCommunity, ExportedContact, ExportedConversation, ExportedMessage,
    ExportedReaction,
};
pub use meeshy_store::friend_requests::FriendRequest;
pub use meeshy_store::glossary::Term;
pub use meeshy_store::glossary_proposals::Proposal;
pub use meeshy_store::guests::{Guest, GuestParticipant};
pub use meeshy_store::members::Membership;
pub use meeshy_store::mentions::{Mention, Mentioned};
pub use meeshy_store::message_revisions::Revision;
pub use meeshy_store::messages::Message;
pub use meeshy_store::notifications::{Filter as NotificationFilter, Notification};
pub use meeshy_store::own_deletions::DeletedConversation;
pub use meeshy_store::participants::Participant;
pub use meeshy_store::preferences::Documents as PreferenceDocuments;
pub use meeshy_store::profiles::Figures as MessageFigures;
pub use meeshy_store::push_tokens::PushDevice;
pub use meeshy_store::reactions::{Count as ReactionCount, Reaction};
pub use meeshy_store::receipts::{Filter as ReceiptFilter, Receipt};
pub use meeshy_store::reports::Report;
pub use meeshy_store::sessions::Session;
pub use meeshy_store::share_links::ShareLink;
pub use meeshy_store::translations::{Count as TranslationCount, State as TranslationState, Translation};
pub use meeshy_store::user_settings::Setting;
pub use meeshy_store::users::User;
