//! The catalogue of events: each event of the Socket.IO interface is declared here, and nowhere else.
//!
//! The name of an event is a constant with the type of its payload, so nothing of another shape can be sent or read under it.

use crate::{
    Ack, Authenticated, CallEnded, CallError, CallInitiated, CallJoined, CallMediaToggled,
    CallParticipantJoined, CallParticipantLeft, CallRef, ConversationDeleted, ConversationMember,
    ConversationNew, ConversationRef, ConversationUpdated, DeleteMessage, DeletedMessage, EditMessage,
    ErrorEvent, FileStatusUpdated, FriendRequestUpdated, GlossaryUpdated, Handshake, JoinCall,
    MentionCreated, Message, MessageDeleted, MessagePinned, MessageTranslation, NewNotification, Nothing,
    Notice, NotificationCounts, NotificationRef, React, Reaction, ReactionEvent, ReactionSync,
    ReadStatusUpdated, RequestTranslation, RoleUpdated, Schemas, SendMessage, SentMessage, ServerRestarting,
    SignalCall, StartCall, StatsEvent, SyncReactions, ToggleMedia, TranslationError, TranslationReceived,
    TranslationStateEvent, Typing, UnreadUpdated, UserStatus,
};
use serde_json::Value;
use std::marker::PhantomData;

/// The name of an event that carries `P`, and whose acknowledgement, if it has one, carries `A`.
#[derive(Debug)]
pub struct EventName<P, A = Nothing> {
    name: &'static str,
    types: PhantomData<(P, A)>,
}

impl<P, A> EventName<P, A> {
    const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// As it is written on the wire.
    pub const fn as_str(&self) -> &'static str {
        self.name
    }
}

impl<P, A> Clone for EventName<P, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, A> Copy for EventName<P, A> {}

/// Who receives an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The socket that connected or asked.
    Socket,
    /// All sockets of one user.
    User,
    /// The members of a conversation.
    Members,
    /// The members of a conversation, except the one who caused the event.
    OtherMembers,
    /// The sockets that take part in a call.
    Call,
    /// Members of the conversations that a user is in, except large ones.
    Acquaintances,
    /// Every socket.
    Everyone,
}

impl Audience {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Socket => "the socket that connected or asked",
            Self::User => "all sockets of the user",
            Self::Members => "members of the conversation",
            Self::OtherMembers => "other members of the conversation",
            Self::Call => "the sockets that take part in the call",
            Self::Acquaintances => "members of conversations with the user that have at most 250 members",
            Self::Everyone => "every socket",
        }
    }
}

/// Who may send an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Every socket, also before it is authenticated.
    Anyone,
    /// Members of the conversation, or of that of the message.
    Member,
    /// The author of the message, and moderators of the server who are members of its conversation.
    Author,
    /// The same, and moderators of its conversation.
    AuthorOrModerator,
    /// The user who has started the call, and moderators of its conversation or of the server in it.
    CallerOrModerator,
}

impl Sender {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Anyone => "every socket",
            Self::Member => "members of the conversation",
            Self::Author => "the author of the message, and moderators of the server in its conversation",
            Self::AuthorOrModerator => {
                "the author of the message, and moderators of its conversation or of the server in it"
            }
            Self::CallerOrModerator => {
                "the user who has started the call, and moderators of its conversation or of the server in it"
            }
        }
    }
}

/// An event as the catalogue describes it.
#[derive(Debug, Clone)]
pub struct EventEntry {
    /// Its name.
    pub name: &'static str,
    /// When it is sent.
    pub summary: &'static str,
    /// The schema of its payload.
    pub payload: Value,
    /// The schema of its acknowledgement, if it is an event from clients that has one.
    pub answer: Option<Value>,
    /// Who may send it, if it is an event from clients.
    pub sender: Option<Sender>,
    /// Who receives it, if it is an event from the server.
    pub audience: Option<Audience>,
}

macro_rules! client_events {
    ($(#[doc = $doc:literal] $event:ident $constant:ident = $name:literal $payload:ty $(=> $answer:ty)?, by $sender:ident;)*) => {
        /// An event that clients send.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ClientEvent {
            $(#[doc = $doc] $event),*
        }

        impl ClientEvent {
            /// The event of this name.
            pub fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$event),)*
                    _ => None,
                }
            }
        }

        /// The names of the events that clients send.
        pub mod client_event {
            use super::*;
            $(#[doc = $doc] pub const $constant: EventName<$payload $(, $answer)?> = EventName::new($name);)*
        }

        /// Every event that clients send.
        pub fn client_events(schemas: &mut Schemas) -> Vec<EventEntry> {
            vec![$(EventEntry {
                name: $name,
                summary: $doc.trim_ascii(),
                payload: schemas.request::<$payload>(),
                answer: None$(.or_else(|| Some(schemas.answer::<Ack<$answer>>())))?,
                sender: Some(Sender::$sender),
                audience: None,
            }),*]
        }
    };
}

macro_rules! server_events {
    ($(#[doc = $doc:literal] $constant:ident = $name:literal $payload:ty => $audience:ident;)*) => {
        /// The names of the events that the server sends.
        pub mod event_name {
            use super::*;
            $(#[doc = $doc] pub const $constant: EventName<$payload> = EventName::new($name);)*
        }

        /// Every event that the server sends.
        pub fn server_events(schemas: &mut Schemas) -> Vec<EventEntry> {
            vec![$(EventEntry {
                name: $name,
                summary: $doc.trim_ascii(),
                payload: schemas.answer::<$payload>(),
                answer: None,
                sender: None,
                audience: Some(Audience::$audience),
            }),*]
        }
    };
}

client_events! {
    /// Authenticates a socket whose handshake carried no credentials, or renews its authority.
    Authenticate AUTHENTICATE = "authenticate" Handshake, by Anyone;
    /// Sends a message.
    MessageSend MESSAGE_SEND = "message:send" SendMessage => SentMessage, by Member;
    /// Sends a message with files; the same as `message:send`.
    MessageSendFiles MESSAGE_SEND_FILES = "message:send-with-attachments" SendMessage => SentMessage, by Member;
    /// Replaces the text of a message.
    MessageEdit MESSAGE_EDIT = "message:edit" EditMessage => Message, by Author;
    /// Deletes a message for everybody.
    MessageDelete MESSAGE_DELETE = "message:delete" DeleteMessage => DeletedMessage, by AuthorOrModerator;
    /// Adds a reaction to a message.
    ReactionAdd REACTION_ADD = "reaction:add" React => Reaction, by Member;
    /// Removes a reaction of the user.
    ReactionRemove REACTION_REMOVE = "reaction:remove" React => Notice, by Member;
    /// Requests the reactions to a message.
    ReactionSync REACTION_SYNC = "reaction:request_sync" SyncReactions => ReactionSync, by Member;
    /// Requests a translation of a message.
    RequestTranslation REQUEST_TRANSLATION = "request_translation" RequestTranslation => Nothing, by Member;
    /// The user is typing.
    TypingStart TYPING_START = "typing:start" ConversationRef, by Member;
    /// The user has stopped typing.
    TypingStop TYPING_STOP = "typing:stop" ConversationRef, by Member;
    /// The user opens a conversation: requests its statistics.
    ConversationJoin CONVERSATION_JOIN = "conversation:join" ConversationRef, by Member;
    /// The user closes a conversation; its events still arrive.
    ConversationLeave CONVERSATION_LEAVE = "conversation:leave" ConversationRef, by Member;
    /// Calls the other members of a conversation.
    CallInitiate CALL_INITIATE = "call:initiate" StartCall, by Member;
    /// Joins a call, which answers it; one who is in it already takes part through this socket from now on.
    CallJoin CALL_JOIN = "call:join" JoinCall, by Member;
    /// The same.
    CallAccept CALL_ACCEPT = "call:accept" JoinCall, by Member;
    /// Tells another participant how to connect.
    CallSignal CALL_SIGNAL = "call:signal" SignalCall, by Member;
    /// Says that the user has turned the microphone on or off.
    CallToggleAudio CALL_TOGGLE_AUDIO = "call:toggle-audio" ToggleMedia, by Member;
    /// Says that the user has turned the camera on or off.
    CallToggleVideo CALL_TOGGLE_VIDEO = "call:toggle-video" ToggleMedia, by Member;
    /// Leaves a call, which ends when nobody is left. Who was called in a conversation of two, and has not joined, declines.
    CallLeave CALL_LEAVE = "call:leave" CallRef, by Member;
    /// Declines a call. In a group, others can still answer it.
    CallReject CALL_REJECT = "call:reject" CallRef, by Member;
    /// Leaves the call in a conversation, if the user is in it.
    CallForceLeave CALL_FORCE_LEAVE = "call:force-leave" ConversationRef, by Member;
    /// Ends a call for everybody in it.
    CallEnd CALL_END = "call:end" CallRef, by CallerOrModerator;
}

server_events! {
    /// The result of authentication.
    AUTHENTICATED = "authenticated" Authenticated => Socket;
    /// An event without an acknowledgement failed.
    ERROR = "error" ErrorEvent => Socket;
    /// A new message.
    MESSAGE_NEW = "message:new" Message => Members;
    /// A message has another text.
    MESSAGE_EDITED = "message:edited" Message => Members;
    /// A message was deleted for everybody.
    MESSAGE_DELETED = "message:deleted" MessageDeleted => Members;
    /// A message was pinned, or its pin was taken off.
    MESSAGE_PINNED = "message:pinned" MessagePinned => Members;
    /// Somebody has viewed, downloaded, listened to or watched a file, for the first time or to its end.
    ATTACHMENT_STATUS_UPDATED = "attachment-status:updated" FileStatusUpdated => Members;
    /// Somebody has reacted to a message.
    REACTION_ADDED = "reaction:added" ReactionEvent => Members;
    /// Somebody has removed a reaction.
    REACTION_REMOVED = "reaction:removed" ReactionEvent => Members;
    /// The user was mentioned in a new message.
    MENTION_CREATED = "mention:created" MentionCreated => User;
    /// A translation of a message.
    MESSAGE_TRANSLATION = "message:translation" MessageTranslation => Members;
    /// There is no translation of a message, or it is delayed.
    MESSAGE_TRANSLATION_STATE = "message:translation-state" TranslationStateEvent => Members;
    /// The translation that this socket requested.
    TRANSLATION_RECEIVED = "translation_received" TranslationReceived => Socket;
    /// Why there is no translation for this socket's request.
    TRANSLATION_ERROR = "translation_error" TranslationError<'static> => Socket;
    /// Somebody is typing.
    TYPING_START = "typing:start" Typing<'static> => OtherMembers;
    /// Somebody has stopped typing.
    TYPING_STOP = "typing:stop" Typing<'static> => OtherMembers;
    /// Somebody came online or went offline.
    USER_STATUS = "user:status" UserStatus<'static> => Acquaintances;
    /// This socket has opened a conversation.
    CONVERSATION_JOINED = "conversation:joined" ConversationMember => Socket;
    /// This socket has closed a conversation.
    CONVERSATION_LEFT = "conversation:left" ConversationMember => Socket;
    /// Statistics of a conversation that this socket has opened.
    CONVERSATION_STATS = "conversation:stats" StatsEvent => Socket;
    /// A new conversation with the user.
    CONVERSATION_NEW = "conversation:new" ConversationNew => Members;
    /// A conversation or its members have changed: clients that show it read it again.
    CONVERSATION_UPDATED = "conversation:updated" ConversationUpdated => Members;
    /// A conversation was closed, or the user is not a member of it any more.
    CONVERSATION_DELETED = "conversation:deleted" ConversationDeleted => Members;
    /// A member has another role.
    PARTICIPANT_ROLE_UPDATED = "participant:role-updated" RoleUpdated => Members;
    /// The number of unread messages of a conversation has changed, other than by the user's own message (then it is 0).
    UNREAD_UPDATED = "conversation:unread-updated" UnreadUpdated => User;
    /// Somebody has read a conversation to its end.
    READ_STATUS_UPDATED = "read-status:updated" ReadStatusUpdated => Members;
    /// The glossary of a conversation, or the proposals for it, have changed: clients that show them read them again.
    GLOSSARY_UPDATED = "glossary:updated" GlossaryUpdated => Members;
    /// A friend request of the user, sent or received, has changed: clients that show them read them again.
    FRIEND_REQUEST_UPDATED = "friend-request:updated" FriendRequestUpdated => User;
    /// The user has a new notification.
    NOTIFICATION = "notification" NewNotification => User;
    /// A notification of the user was read on one of their devices.
    NOTIFICATION_READ = "notification:read" NotificationRef => User;
    /// A notification of the user was removed on one of their devices, or a newer one comes in its place.
    NOTIFICATION_DELETED = "notification:deleted" NotificationRef => User;
    /// The notifications of the user have changed: their numbers now.
    NOTIFICATION_COUNTS = "notification:counts" NotificationCounts => User;
    /// A member of a conversation calls the others.
    CALL_INITIATED = "call:initiated" CallInitiated => Members;
    /// This socket has joined a call.
    CALL_JOINED = "call:join" CallJoined => Socket;
    /// Somebody has joined a call, or takes part through another socket now. The user's other devices stop ringing.
    CALL_PARTICIPANT_JOINED = "call:participant-joined" CallParticipantJoined => Call;
    /// Another participant tells this one how to connect.
    CALL_SIGNAL = "call:signal" SignalCall => Call;
    /// Somebody in a call has turned the microphone or the camera on or off.
    CALL_MEDIA_TOGGLED = "call:media-toggled" CallMediaToggled => Call;
    /// Somebody has left a call.
    CALL_PARTICIPANT_LEFT = "call:participant-left" CallParticipantLeft => Call;
    /// A call is over.
    CALL_ENDED = "call:ended" CallEnded => Members;
    /// An event about a call failed.
    CALL_ERROR = "call:error" CallError => Socket;
    /// The server is about to restart.
    SERVER_RESTARTING = "server:restarting" ServerRestarting => Everyone;
}
