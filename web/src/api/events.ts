// Generated from crates/wire/src/catalogue.rs: run `make generate`.

import type {
  Authenticated,
  CallEnded,
  CallError,
  CallInitiated,
  CallJoined,
  CallMediaToggled,
  CallParticipantJoined,
  CallParticipantLeft,
  CallRef,
  ConversationDeleted,
  ConversationMember,
  ConversationNew,
  ConversationRef,
  ConversationUpdated,
  DeleteMessage,
  DeletedMessageAck,
  EditMessage,
  ErrorEvent,
  FileStatusUpdated,
  FriendRequestUpdated,
  GlossaryUpdated,
  Handshake,
  JoinCall,
  MentionCreated,
  Message,
  MessageAck,
  MessageDeleted,
  MessagePinned,
  MessageTranslation,
  NewNotification,
  NothingAck,
  NoticeAck,
  NotificationCounts,
  NotificationRef,
  React,
  ReactionAck,
  ReactionEvent,
  ReactionSyncAck,
  ReadStatusUpdated,
  RequestTranslation,
  RoleUpdated,
  SendMessage,
  SentMessageAck,
  ServerRestarting,
  SignalCall,
  StartCall,
  StatsEvent,
  SyncReactions,
  ToggleMedia,
  TranslationError,
  TranslationReceived,
  TranslationStateEvent,
  Typing,
  UnreadUpdated,
  UserStatus,
} from "./schema";

/** Events that this client sends. */
export interface ClientEvents {
  /** Authenticates a socket whose handshake carried no credentials, or renews its authority. */
  "authenticate": (payload: Handshake) => void;
  /** Sends a message. */
  "message:send": (payload: SendMessage, answer: (ack: SentMessageAck) => void) => void;
  /** Sends a message with files; the same as `message:send`. */
  "message:send-with-attachments": (payload: SendMessage, answer: (ack: SentMessageAck) => void) => void;
  /** Replaces the text of a message. */
  "message:edit": (payload: EditMessage, answer: (ack: MessageAck) => void) => void;
  /** Deletes a message for everybody. */
  "message:delete": (payload: DeleteMessage, answer: (ack: DeletedMessageAck) => void) => void;
  /** Adds a reaction to a message. */
  "reaction:add": (payload: React, answer: (ack: ReactionAck) => void) => void;
  /** Removes a reaction of the user. */
  "reaction:remove": (payload: React, answer: (ack: NoticeAck) => void) => void;
  /** Requests the reactions to a message. */
  "reaction:request_sync": (payload: SyncReactions, answer: (ack: ReactionSyncAck) => void) => void;
  /** Requests a translation of a message. */
  "request_translation": (payload: RequestTranslation, answer: (ack: NothingAck) => void) => void;
  /** The user is typing. */
  "typing:start": (payload: ConversationRef) => void;
  /** The user has stopped typing. */
  "typing:stop": (payload: ConversationRef) => void;
  /** The user opens a conversation: requests its statistics. */
  "conversation:join": (payload: ConversationRef) => void;
  /** The user closes a conversation; its events still arrive. */
  "conversation:leave": (payload: ConversationRef) => void;
  /** Calls the other members of a conversation. */
  "call:initiate": (payload: StartCall) => void;
  /** Joins a call, which answers it; one who is in it already takes part through this socket from now on. */
  "call:join": (payload: JoinCall) => void;
  /** The same. */
  "call:accept": (payload: JoinCall) => void;
  /** Tells another participant how to connect. */
  "call:signal": (payload: SignalCall) => void;
  /** Says that the user has turned the microphone on or off. */
  "call:toggle-audio": (payload: ToggleMedia) => void;
  /** Says that the user has turned the camera on or off. */
  "call:toggle-video": (payload: ToggleMedia) => void;
  /** Leaves a call, which ends when nobody is left. Who was called in a conversation of two, and has not joined, declines. */
  "call:leave": (payload: CallRef) => void;
  /** Declines a call. In a group, others can still answer it. */
  "call:reject": (payload: CallRef) => void;
  /** Leaves the call in a conversation, if the user is in it. */
  "call:force-leave": (payload: ConversationRef) => void;
  /** Ends a call for everybody in it. */
  "call:end": (payload: CallRef) => void;
}

/** Events that the server sends. */
export interface ServerEvents {
  /** The result of authentication. */
  "authenticated": (payload: Authenticated) => void;
  /** An event without an acknowledgement failed. */
  "error": (payload: ErrorEvent) => void;
  /** A new message. */
  "message:new": (payload: Message) => void;
  /** A message has another text. */
  "message:edited": (payload: Message) => void;
  /** A message was deleted for everybody. */
  "message:deleted": (payload: MessageDeleted) => void;
  /** A message was pinned, or its pin was taken off. */
  "message:pinned": (payload: MessagePinned) => void;
  /** Somebody has viewed, downloaded, listened to or watched a file, for the first time or to its end. */
  "attachment-status:updated": (payload: FileStatusUpdated) => void;
  /** Somebody has reacted to a message. */
  "reaction:added": (payload: ReactionEvent) => void;
  /** Somebody has removed a reaction. */
  "reaction:removed": (payload: ReactionEvent) => void;
  /** The user was mentioned in a new message. */
  "mention:created": (payload: MentionCreated) => void;
  /** A translation of a message. */
  "message:translation": (payload: MessageTranslation) => void;
  /** There is no translation of a message, or it is delayed. */
  "message:translation-state": (payload: TranslationStateEvent) => void;
  /** The translation that this socket requested. */
  "translation_received": (payload: TranslationReceived) => void;
  /** Why there is no translation for this socket's request. */
  "translation_error": (payload: TranslationError) => void;
  /** Somebody is typing. */
  "typing:start": (payload: Typing) => void;
  /** Somebody has stopped typing. */
  "typing:stop": (payload: Typing) => void;
  /** Somebody came online or went offline. */
  "user:status": (payload: UserStatus) => void;
  /** This socket has opened a conversation. */
  "conversation:joined": (payload: ConversationMember) => void;
  /** This socket has closed a conversation. */
  "conversation:left": (payload: ConversationMember) => void;
  /** Statistics of a conversation that this socket has opened. */
  "conversation:stats": (payload: StatsEvent) => void;
  /** A new conversation with the user. */
  "conversation:new": (payload: ConversationNew) => void;
  /** A conversation or its members have changed: clients that show it read it again. */
  "conversation:updated": (payload: ConversationUpdated) => void;
  /** A conversation was closed, or the user is not a member of it any more. */
  "conversation:deleted": (payload: ConversationDeleted) => void;
  /** A member has another role. */
  "participant:role-updated": (payload: RoleUpdated) => void;
  /** The number of unread messages of a conversation has changed, other than by the user's own message (then it is 0). */
  "conversation:unread-updated": (payload: UnreadUpdated) => void;
  /** Somebody has read a conversation to its end. */
  "read-status:updated": (payload: ReadStatusUpdated) => void;
  /** The glossary of a conversation, or the proposals for it, have changed: clients that show them read them again. */
  "glossary:updated": (payload: GlossaryUpdated) => void;
  /** A friend request of the user, sent or received, has changed: clients that show them read them again. */
  "friend-request:updated": (payload: FriendRequestUpdated) => void;
  /** The user has a new notification. */
  "notification": (payload: NewNotification) => void;
  /** A notification of the user was read on one of their devices. */
  "notification:read": (payload: NotificationRef) => void;
  /** A notification of the user was removed on one of their devices, or a newer one comes in its place. */
  "notification:deleted": (payload: NotificationRef) => void;
  /** The notifications of the user have changed: their numbers now. */
  "notification:counts": (payload: NotificationCounts) => void;
  /** A member of a conversation calls the others. */
  "call:initiated": (payload: CallInitiated) => void;
  /** This socket has joined a call. */
  "call:join": (payload: CallJoined) => void;
  /** Somebody has joined a call, or takes part through another socket now. The user's other devices stop ringing. */
  "call:participant-joined": (payload: CallParticipantJoined) => void;
  /** Another participant tells this one how to connect. */
  "call:signal": (payload: SignalCall) => void;
  /** Somebody in a call has turned the microphone or the camera on or off. */
  "call:media-toggled": (payload: CallMediaToggled) => void;
  /** Somebody has left a call. */
  "call:participant-left": (payload: CallParticipantLeft) => void;
  /** A call is over. */
  "call:ended": (payload: CallEnded) => void;
  /** An event about a call failed. */
  "call:error": (payload: CallError) => void;
  /** The server is about to restart. */
  "server:restarting": (payload: ServerRestarting) => void;
}
