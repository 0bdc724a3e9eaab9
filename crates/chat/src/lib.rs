//! The application: users sign in, create conversations, and send and read messages, each in their own
//! language.
//!
//! Every rule that needs the database is here; the gateway makes no decisions. [`Chat`] is a handle to one
//! service per noun: `chat.messages().send(…)`. A call is one transaction of the store, and its events are
//! published on the bus ([`Event`]) once that transaction is on disk.
//!
//! Services depend on each other in one direction: all of them on `context`; accounts on conversations, because
//! of the room for everybody; messages on translation. `access` says what a caller may read, `policy` what
//! they may do.
//!
//! Invariants: time comes from the clock and randomness from [`Secrets`] only; a message is acknowledged only
//! after its commit; a translation never delays a message.
//!
//! # Errors
//! Every function fails with [`ChatError::Store`] when the database does. The `# Errors` sections only list
//! other errors.

mod access;
mod accounts;
mod call_refusal;
mod calls;
mod chat;
mod cluster;
mod communities;
mod context;
mod conversations;
mod error;
mod event_bus;
mod events;
mod exports;
mod guest_refusal;
mod guests;
mod health;
mod jobs;
mod languages;
mod mail;
mod messages;
pub mod model;
mod notifications;
mod people;
mod phone_owner;
mod phones;
mod policy;
mod presence;
pub mod retention;
mod secrets;
mod settings;
mod share_links;
mod signing_key;
mod translation;
mod uploads;
mod views;

pub use accounts::{
    AVATAR_PATH, Account, Accounts, Activity, Addresses, Administration, Authority, Availability, CallLimit,
    CallLimits, Caller, Credential, DeletionProof, Deletions, Device, Ended, NewPushDevice, PasswordChange,
    PasswordReset, Preferences, ProfilePatch, Profiles, PublicProfile, PushDevices, Refreshed, Registration,
    ResetLink, Security, Sessions, Setup, SetupState, SignIn, SignIns, SignedIn, TwoFactorSetup,
    TwoFactorStatus, Typist, UserFigures, UserPage, VerifiedAddress, Wanted,
};
pub use call_refusal::CallRefusal;
pub use calls::{
    CallSettings, CallView, Calls, IceServer, IceSettings, JoinedCall, Media, NewCall, TurnServer,
};
pub use chat::Chat;
pub use cluster::{Cluster, GatewayError, Gateways};
pub use communities::{
    Communities, CommunityMemberPage, CommunityMemberView, CommunityPatch, CommunityView, Invitation,
    NewCommunity,
};
pub use conversations::{
    Audience, Categories, CategoryPatch, CommunityPreferences, CommunityPreferencesPatch, ConversationPatch,
    ConversationPreferencesPatch, ConversationView, Conversations, Dashboard, Figures, ListFilter,
    MemberView, NewCategory, NewConversation, OpenConversation, ParticipantPage, ParticipantRequest,
    ParticipantView, RecentCommunity,
};
pub use error::ChatError;
pub use event_bus::{
    CallChange, CallEvent, CallMember, CallPerson, CallSignal, Ephemeral, Event, FileUse, FoundTranslation,
    FriendRequestChange, Happened, HiddenFrom, LeftUnread, MemberChange, NewNotification, NotificationChange,
    NotificationNews, ReactionChange, Separation, Typing,
};
pub use events::{AllCaughtUp, CaughtUp, Events, Feed, Stretch};
pub use exports::{Export, ExportPart, Exports, WrittenMessage};
pub use guest_refusal::GuestRefusal;
pub use guests::{GuestCaller, Guests, JoinedGuest, LinkPage, NewGuest};
pub use health::{Health, NotificationCounts, Statistics};
pub use jobs::{JobStates, Jobs};
pub use meeshy_store::StoreError;
pub use meeshy_store::friend_requests::Direction as RequestDirection;
pub use meeshy_store::translators::Speed;
pub use meeshy_translation::Tier;
pub use messages::{
    Disclosure, FileRequest, FileStatusPage, Files, FoundMessages, LatestReactions, MentionOfCaller,
    MentionSuggestion, MessageEdit, MessageHistory, MessagePage, MessageReactions, MessageReceipts, Messages,
    NewMessage, PagePlace, PageRequest, Reactions, ReadStatus, ReceiptCounts, ReceiptPage, SearchRequest,
    Sent, ServedFile,
};
pub use notifications::{NotificationFigures, NotificationPage, Notifications};
pub use people::{
    AbuseReports, Blocks, FriendRequestPage, FriendRequestView, Friends, NewAbuseReport, NewFriendRequest,
    RequestAnswer, RequestFilter,
};
pub use phone_owner::PhoneOwner;
pub use phones::{IdentityCheck, Phones, Recovery};
pub use presence::{Presence, Seen};
pub use secrets::Secrets;
pub use settings::{HashingCost, MailSettings, PushSettings, Settings};
pub use share_links::{
    CreatedLink, GuestRules, LinkFigures, LinkInfo, LinkList, LinkView, NewShareLink, OwnLinkView,
    ShareLinkPatch, ShareLinks,
};
pub use signing_key::{SECRET_BYTES, SigningKey};
pub use translation::{
    Answer, Detected, Glossary, NewReport, NewTerm, Progress, Proposals, Reported, Reports, Requested,
    Retranslation, Served, TextRequest, TextTranslation, Texts, Translate, TranslationCounts, Translations,
    Worker,
};
pub use uploads::{NewUpload, Upload, UploadPart, UploadProgress, UploadSettings, Uploads};
pub use views::{FileSignature, MessageView, Person, ReactionView, SenderView, Told};
