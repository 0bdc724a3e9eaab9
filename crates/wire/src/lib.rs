//! What crosses the network: envelope, objects, requests, events.
//!
//! Field names and meanings are those of the old system's API. Fields that the old system sends but that
//! nothing fills yet are sent with their default, because clients read them (docs/compatibility.md).
//!
//! Invariant: nothing here makes decisions or does I/O; a type is a shape.
#![expect(missing_docs, reason = "the fields are named after their meaning")]

mod account;
mod actor_id;
mod attachment;
mod call;
mod catalogue;
mod code;
mod community;
mod conversation;
mod conversation_preferences;
mod dashboard;
mod envelope;
mod event;
mod event_log;
mod guest;
mod health;
mod json;
mod mailed;
mod mention;
mod message;
mod notification;
mod overview;
mod own_deletion;
mod participant;
mod people;
mod phone;
mod preferences;
mod push;
mod reaction;
mod receipt;
mod request;
mod schema;
mod share_link;
mod time;
mod translation;
mod user;

pub use account::{
    Availability, AvatarUpdated, BackupCodes, ChallengedUser, CodeAnswer, CodeVerified, LoginAnswer, Me,
    NeedsCode, Notice, ProfileUpdated, Refreshed, RegisterAnswer, SetupState, SignedIn, Token,
    TwoFactorSetup, TwoFactorStatus, UsernameAvailable, UsernameChecked, UsernameUpdated,
};
pub use actor_id::ActorId;
pub use attachment::{
    Attachment, ConversationFiles, FileStatus, FileStatusUpdated, OneFile, SetFileStatus, UploadedFiles,
};
pub use call::{
    CallConversation, CallEnded, CallError, CallInitiated, CallInitiator, CallJoined, CallMedia,
    CallMediaToggled, CallParticipant, CallParticipantJoined, CallParticipantLeft, CallRef, CallSession,
    CallUser, EnterCall, IceServer, JoinCall, Signal, SignalCall, SignalType, StartCall, ToggleMedia,
};
pub use catalogue::{
    Audience, ClientEvent, EventEntry, EventName, Sender, client_event, client_events, event_name,
    server_events,
};
pub use code::ErrorCode;
pub use community::{
    AddCommunityMember, ChangeCommunityRole, Community, CommunityConversation, CommunityCounts,
    CommunityMember, ConversationCounts, CreateCommunity, IdentifierChecked, InviteLink, JoinByInvite,
    JoinedByInvite, PatchCommunity,
};
pub use conversation::{
    Conversation, ConversationMeta, ConversationPreferences, ConversationStats, LastMessage,
    LastMessageSender, MarkedRead, Member, MemberUser, OnlineUser,
};
pub use conversation_preferences::{
    CategoryLabel, CommunityPlace, ConversationPlace, OwnCommunityPreferences, OwnConversationPreferences,
    PutCommunityPreferences, PutConversationPreferences, ReorderCommunities, ReorderConversations,
};
pub use dashboard::{
    Dashboard, DashboardCommunity, DashboardConversation, DashboardMessage, DashboardSender, DashboardStats,
    DashboardUser, IdentifierAvailability,
};
pub use envelope::{
    ErrorBody, ErrorDetail, KeysetPage, KeysetPagination, Page, Pagination, Success, Violation,
};
pub use event::{
    Ack, Authenticated, AuthenticatedUser, ConversationDeleted, ConversationMember, ConversationNew,
    ConversationRef, ConversationUpdated, DeleteMessage, EditMessage, ErrorEvent, GlossaryUpdated, Handshake,
    MentionCreated, MessageDeleted, MessagePinned, MessageTranslation, Nothing, ReadStatusUpdated,
    RoleUpdated, SendMessage, SentMessage, ServerRestarting, StatsEvent, TranslationStateEvent, Typing,
    UnreadUpdated, UserStatus,
};
pub use event_log::{AllEvents, ConversationEvents, KnownConversation, KnownEvents, LoggedEvent};
pub use guest::{
    GuestConversation, GuestSecret, JoinAsGuest, JoinedAsGuest, LinkConversation, LinkConversationStats,
    LinkGuest, LinkInfo, LinkInfoConversation, LinkMember, LinkMemberUser, LinkMessage, LinkMessages,
    LinkPermissions, LinkRules, LinkSender, LinkUsage, LinkUser, LinkUserType, LinkedDetails, OwnGuest,
    RefreshedGuest, SentLinkMessage,
};
pub use health::{
    Condition, DatabaseHealth, Health, Info, Readiness, Services, SocketHealth, Standing, TranslationHealth,
};
pub use json::{from_json, from_value};
pub use mailed::{
    AskByMail, AskMagicLink, ChangeEmail, EmailChangeAsked, EmailChanged, EmailVerified, LinkToken,
    MagicLinkAsked, ResetLink, ResetPassword, VerifyEmail, VerifyEmailChange, VerifyEmailCode,
};
pub use mention::{
    Mention, MentionOfCaller, MentionSuggestion, MentionedUser, MentioningConversation, MentioningMessage,
};
pub use message::{
    Counts, DeletedMessage, Guest, Message, MessageContent, MessageMeta, MessagePage, MessagePageMeta,
    MessageSender, MessageText, MissingState, Reply, SystemMetadata, SystemPerson, TextState, Translation,
    TranslationState, ViewedMessage,
};
pub use notification::{
    MuteConversation, NewNotification, Notification, NotificationCounts, NotificationCountsAnswer,
    NotificationData, NotificationFacts, NotificationPage, NotificationRef, TestNotification, UnreadCount,
    UnreadNotifications,
};
pub use overview::{
    ConversationReactions, ConversationStatuses, MessageReceipts, NamedReactions, OpenConversation,
    ReactedMessage, Reactor, ReceiptEntry,
};
pub use own_deletion::{
    ClearHistory, DeleteMessagesForMe, DeletedConversation, DeletedConversationSummary, DeletedForMe,
    HistoryCleared,
};
pub use participant::{AddedMember, Participant, RoleChanged};
pub use people::{
    AbuseReport, FriendRequest, FriendRequestAnswered, FriendRequestSent, FriendRequestUpdated,
};
pub use phone::{
    BeginRegistrationTransfer, BeginTransfer, ChangePhone, IdentityVerified, LookUpPhone, MaskedUser,
    PendingRegistration, PhoneChangeAsked, PhoneChanged, PhoneChecked, PhoneConflict, PhoneFound,
    PhoneOwnerInfo, PhoneStep, RecoveryCode, RecoveryId, RecoveryVerified, SendPhoneCode, TransferBegun,
    TransferCode, TransferId, TransferVerified, Transferred, VerifyIdentity, VerifyPhone, VerifyPhoneChange,
};
pub use preferences::{
    AddCategory, CategoryPlace, Consents, ConversationCategory, Done, MyAccount, OwnStatus, PatchCategory,
    PatchConsents, PreferenceValues, Preferences, PutSetting, PutStatus, ReorderCategories, Setting, Status,
};
pub use push::{
    BrowserSubscription, BrowserToken, PushDevice, PushKey, RegisterDevice, RegisteredDevice,
    SubscribeBrowser, SubscriptionKeys, UnregisterDevice, UnregisteredDevices,
};
pub use reaction::{
    React, Reaction, ReactionAction, ReactionAggregation, ReactionEvent, ReactionSync, SyncReactions,
};
pub use receipt::{
    MessageDetails, MessageHistory, MessageRevision, ReadCounts, ReadStatus, ReadStatuses, Receipt,
    ReceiptKind, SetMessageStatus, StatusSummary,
};
pub use request::{
    AddMember, AnswerFriendRequest, ChangePassword, ChangeRole, Code, CreateConversation, DeleteAccount,
    DisableTwoFactor, Disclosure, ForwardMessage, Login, LoginCode, PatchAvatar, PatchConversation,
    PatchFriendRequest, PatchMe, PatchUsername, PostMessage, PostMessageTo, PostReport, PutMessage, Refresh,
    Register, ReportUser, SendFriendRequest, UploadText, ValidateSession,
};
pub use schema::Schemas;
pub use share_link::{
    ChangedShareLink, CreateLink, CreateShareLink, CreatedLink, CreatedShareLink, ExtendShareLink,
    JoinedByLink, LinkAvailability, LinkCreator, LinkStats, LinkedConversation, LinkedNewConversation,
    ListedShareLink, OwnLinkedConversation, OwnShareLink, ShareLink, ShareLinkCounts, ShareLinks,
    ToggleShareLink, UpdateShareLink,
};
pub use time::Iso;
pub use translation::{
    AddTerm, Cancelled, DetectLanguage, DetectedLanguage, FreeText, GlossaryProposal, GlossaryProposals,
    GlossaryTerm, JobCancelled, MessageTranslations, Model, ModelType, Models, ProgressBeside,
    ProgressStatus, ReportKept, ReportTranslation, RequestTranslation, RetranslateTerm, Retranslation,
    StatusTranslation, TermRemoved, TextOutcome, TextTranslated, Translate, TranslateAnswer,
    TranslateMessage, TranslateText, TranslateTexts, TranslatedText, TranslatedTexts, TranslationError,
    TranslationProgress, TranslationReceived, TranslationReport, TranslationStatistics, TranslationsBeside,
};
pub use user::{
    AffiliateToken, FoundUser, Language, Languages, Permissions, PublicUser, Session, SessionCheck,
    SessionDetails, Sessions, SessionsEnded, SignedInTest, TranslatedFrom, User, UserPage, UserStats,
};
