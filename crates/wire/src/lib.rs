//! What crosses the network: envelope, objects, requests, events.
//!
//! The fields have the names and meanings of the contract's section 3.0; a field that the old system sends and that
//! nothing fills yet is sent with its default, since clients read it.
//!
//! Invariant: nothing here decides anything or does I/O; a type is a shape.
#![expect(missing_docs, reason = "a field's meaning stands in the contract, under its name")]

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
