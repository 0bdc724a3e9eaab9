//! What crosses the network: envelope, objects, requests, events.
//!
//! Field names and meanings are those of the old system's API. Fields that the old system sends but that
//! nothing fills yet are sent with their default, because clients read them (docs/compatibility.md).
//!
//! Invariant: nothing here makes decisions or does I/O; a type is a shape.
#![expect(missing_docs, reason = "the fields are named after their meaning")]

mod attachment;
mod conversation;
mod envelope;
mod event;
mod json;
mod message;
mod request;
mod time;
mod translation;
mod user;

pub use attachment::Attachment;
pub use conversation::{
    Conversation, ConversationStats, LastMessage, LastMessageSender, Member, MemberUser, Meta, OnlineUser,
};
pub use envelope::{ErrorBody, ErrorDetail, Pagination, Success};
pub use event::{
    Ack, AckData, Authenticated, AuthenticatedUser, ConversationRef, EditMessage, ErrorEvent, Handshake,
    MessageTranslation, ReadStatusUpdated, SendMessage, StatsEvent, TranslationStateEvent, Typing,
    UnreadUpdated, UserStatus, event_name,
};
pub use json::{from_json, from_value};
pub use message::{Counts, Guest, Message, MessageSender, Reply, Translation, TranslationState};
pub use request::{
    Code, CreateConversation, Login, LoginCode, PatchMe, PostMessage, PutMessage, Refresh, Register,
};
pub use time::Iso;
pub use translation::{
    AddTerm, DetectLanguage, GlossaryTerm, ModelType, ReportTranslation, RequestTranslation,
    StatusTranslation, Translate, TranslateText, TranslateTexts, TranslatedText, TranslationError,
    TranslationProgress, TranslationReceived, TranslationReport,
};
pub use user::{FoundUser, Language, Session, User};
