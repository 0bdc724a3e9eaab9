//! Types and rules of Meeshy, without I/O.
//!
//! Invariant: nothing here reads a clock, a file, a socket, a random source or the environment. Time and
//! randomness are passed in, so that each rule is a plain function that can be tested with a table of cases.

pub mod account;
pub mod actor;
pub mod audience;
pub mod bidi;
pub mod call;
pub mod clock;
pub mod compare;
pub mod concealment;
pub mod emoji;
pub mod file_action;
pub mod file_kind;
pub mod grade;
pub mod id;
pub mod image;
pub mod kind;
pub mod language;
pub mod limits;
pub mod mask;
mod named;
pub mod network;
pub mod notification;
pub mod phone;
pub mod phone_code;
pub mod preferences;
pub mod push;
pub mod reader;
pub mod reason;
pub mod role;
pub mod secret;
pub mod share_link;
pub mod spans;
pub mod system_event;
pub mod text;
pub mod web_address;

pub use actor::Actor;
pub use audience::target_languages;
pub use call::{CallMode, CallRole, CallStatus, CallType, MediaType};
pub use clock::{Clock, Timestamp};
pub use compare::is_same_secret;
pub use concealment::Concealed;
pub use emoji::Emoji;
pub use file_action::FileAction;
pub use file_kind::FileKind;
pub use grade::Grade;
pub use id::{
    AttachmentId, CallId, CallParticipantId, CategoryId, CommunityId, CommunityMemberId, ConversationId,
    FriendRequestId, GuestId, IdGenerator, MailId, MemberId, MessageId, PreferencesId, PushTokenId,
    ReactionId, ReportId, SessionId, ShareLinkId, TermId, TextId, UserId,
};
pub use image::ImageKind;
pub use kind::{AbuseKind, ConversationKind, FriendRequestStatus, MessageType, ReportReason, ReportedKind};
pub use language::{Direction, Language, UnknownLanguage};
pub use named::UnknownName;
pub use network::Network;
pub use notification::NotificationKind;
pub use phone_code::{PhonePurpose, PhoneRefusal};
pub use push::{PushPlatform, PushService};
pub use reader::{LanguageSettings, Shown, Written, shown_text};
pub use reason::{Reason, ReasonCode};
pub use role::{CommunityRole, MemberRole, Permission, Role};
pub use secret::{Address, Secret};
pub use share_link::{LinkClosed, LinkState, Origins, OutsideOrigins};
pub use system_event::SystemEvent;
pub use web_address::WebAddress;
