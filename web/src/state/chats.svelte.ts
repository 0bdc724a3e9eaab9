// The conversations, and the messages of opened ones, kept up to date over REST and the socket.

import { ApiError, get, getPage, patch, post, put, remove } from "../api/client";
import { upload } from "../api/upload";
import type {
  AllEvents,
  Conversation,
  ConversationEvents,
  LastMessage,
  Message,
  FoundUser,
  MessageDeleted,
  OwnConversationPreferences,
  PutConversationPreferences,
  ReactionEvent,
  Translation,
  TranslationState,
} from "../api/schema";
import { isMuted } from "../lib/arranged";
import { authorOf } from "../lib/author";
import { isBySystem } from "../lib/reader";
import { connect, disconnect, isConnected } from "../realtime/socket.svelte";
import { forgetRevealed } from "./concealed.svelte";
import { callHandlers, hangUp, openCalls, resumeCall } from "./calls.svelte";
import { openDismissed } from "./dismissed.svelte";
import { advance, forget, learn, learnFirst, numberOf, unlearn } from "./event-numbers";
import { forgetFriends, friendRequestUpdated } from "./friends.svelte";
import { glossaryChanged } from "./glossary.svelte";
import {
  forgetNotifications,
  notificationHandlers,
  readAbout,
  reloadNotifications,
} from "./notifications.svelte";
import { openOriginals } from "./originals.svelte";
import { changePins, forgetPins, pinsChanged } from "./pins.svelte";
import { closeOutbox, discard, flush, openOutbox } from "./outbox.svelte";
import { forgetFiles } from "./uploads.svelte";
import { lasting, take } from "./event-replay";
import { renew, session } from "./session.svelte";
import { deleted, edited, merge, reacted, translated, untranslated } from "./timeline";
import { clearTyping, startedTyping, stoppedTyping, type TypingEvent } from "./typing.svelte";

interface Opened {
  messages: Message[];
  hasOlder: boolean;
  /** Whether these are around an old message, and newer ones follow that are not loaded. */
  hasNewer?: boolean;
  /** Messages after this number were unread when the conversation was opened. */
  readUpTo: number;
  /** After an interruption: no message is missing up to this number. */
  missedAfter?: number | undefined;
}

const PAGE = 50;
/** The most pages to load in order to reach the first unread message. */
const PAGES_OF_UNREAD = 4;
const RETRY_MS = 2000;
/** Conversations per catch-up call. */
const KNOWN_AT_ONCE = 500;
/** The most catch-up calls; conversations that are still behind are reloaded. */
const CATCH_UP_CALLS = 4;
/** A missing event may be hidden from us, so gaps cause a catch-up at most this often. */
const GAP_MS = 3000;

let conversations = $state.raw<Conversation[]>([]);
let hasMore = $state(false);
let isLoaded = $state(false);
let opened = $state.raw<Record<string, Opened>>({});

export const chats = {
  /** Newest first. */
  get all(): Conversation[] {
    return conversations;
  },
  get hasMore(): boolean {
    return hasMore;
  },
  get isLoaded(): boolean {
    return isLoaded;
  },
  get unread(): number {
    const heard = conversations.filter((conversation) => !isMuted(conversation));
    return heard.reduce((sum, conversation) => sum + conversation.unreadCount, 0);
  },
  conversation: (id: string): Conversation | undefined => conversations.find((known) => known.id === id),
  opened: (id: string): Opened | undefined => opened[id],
};

/** The events that are also in the log of a conversation. */
const logged: Record<string, (event: never) => void> = {
  "message:new": arrived,
  "message:edited": (message: Message) => everywhere((messages) => edited(messages, message)),
  "message:deleted": gone,
  "message:pinned": pinsChanged,
  "attachment-status:updated": () => {},
  "reaction:added": hasReacted,
  "reaction:removed": hasReacted,
  "message:translation": (event: { translations: Translation[] }) =>
    event.translations.forEach((translation) => everywhere((messages) => translated(messages, translation))),
  "message:translation-state": (event: TranslationState & { messageId: string; revision: number }) =>
    everywhere((messages) => untranslated(messages, event)),
  "read-status:updated": () => {},
  "glossary:updated": glossaryChanged,
  "conversation:updated": outdated,
  "participant:role-updated": outdated,
  "conversation:deleted": over,
};

let isCatchingUp = false;
let gap: ReturnType<typeof setTimeout> | undefined;

/** Handles an event from the socket, and notices gaps before it. */
function live<Event extends { conversationId?: string; eventNumber?: number }>(
  handle: (event: Event) => void,
): (event: Event) => void {
  return (event) => {
    handle(event);
    const { conversationId, eventNumber } = event;
    if (conversationId === undefined || eventNumber === undefined) return;
    if (!advance(conversationId, eventNumber) || isCatchingUp || gap) return;
    gap = setTimeout(() => {
      gap = undefined;
      if (isConnected()) void catchUp();
    }, GAP_MS);
  };
}

export function start(userId: string): void {
  openOutbox(userId);
  openOriginals(userId);
  openDismissed(userId);
  forgetFriends();
  forgetPins();
  forgetRevealed();
  openCalls(userId, (id) => {
    const type = chats.conversation(id)?.type;
    return type !== undefined && type !== "direct";
  });
  connect({
    credentials: () => session.credentials,
    refused: renew,
    ready: () => {
      resumeCall();
      void catchUp();
      if (!session.guest) void reloadNotifications().catch(() => {});
    },
    lost,
    handlers: {
      ...Object.fromEntries(Object.entries(logged).map(([name, handle]) => [name, lasting(live(handle))])),
      "friend-request:updated": friendRequestUpdated,
      "conversation:new": live(() => void loadConversations().catch(() => {})),
      "conversation:unread-updated": lasting((event: { conversationId: string; unreadCount: number }) =>
        change(event.conversationId, { unreadCount: event.unreadCount }),
      ),
      "user:status": lasting(status),
      "typing:start": (event: TypingEvent) => event.userId !== userId && startedTyping(event),
      "typing:stop": stoppedTyping,
      ...callHandlers,
      ...notificationHandlers,
    },
  });
  if (!session.guest) {
    void import("../lib/push").then(({ renewPush }) => renewPush(userId)).catch(() => {});
  }
  // Shown before the socket is connected, which may take a while; loaded again then.
  void loadConversations().catch(() => {});
}

/** Clears the state. Unsent messages are kept for the next time. */
export function stop(): void {
  hangUp();
  disconnect();
  closeOutbox();
  forgetFiles();
  forgetNotifications();
  clearTyping();
  clearTimeout(gap);
  gap = undefined;
  forget();
  conversations = [];
  hasMore = false;
  isLoaded = false;
  opened = {};
}

function lost(): void {
  for (const [id, known] of Object.entries(opened)) {
    set(id, { ...known, missedAfter: known.missedAfter ?? newestOf(known.messages) });
  }
}

/** After each connection: sends pending messages and catches up, with retries. */
async function catchUp(): Promise<void> {
  void flush();
  isCatchingUp = true;
  try {
    if (!isLoaded) await loadConversations();
    else if (session.guest) await reloadAll();
    else await readMissed();
  } catch {
    // Without a connection: the next one starts over.
    setTimeout(() => isConnected() && void catchUp(), RETRY_MS);
  } finally {
    isCatchingUp = false;
  }
}

/** Guests have no log of events: they load again what they see. */
async function reloadAll(): Promise<void> {
  await loadConversations();
  await Promise.all(Object.keys(opened).map((id) => refresh(id).catch(unlessFinal)));
}

/** Loads the events of all conversations since the last known one of each. */
async function readMissed(): Promise<void> {
  const outdated = new Set<string>();
  let isListStale = conversations.length === 0;
  let behind = conversations.slice(0, KNOWN_AT_ONCE).map((conversation) => conversation.id);
  // Conversations beyond the loaded page of the list are unknown, and were never opened.
  for (const id of Object.keys(opened)) if (!behind.includes(id)) outdated.add(id);
  for (let call = 0; call < CATCH_UP_CALLS && behind.length > 0; call++) {
    const known = conversations.flatMap(({ id }) => {
      const after = numberOf(id);
      return after === undefined ? [] : [{ id, after }];
    });
    const asked = call === 0 ? known.slice(0, KNOWN_AT_ONCE) : known.filter(({ id }) => behind.includes(id));
    await take(post<AllEvents>("/conversations/events", { conversations: asked }), (answer) => {
      answer.conversations.forEach(applyMissed);
      for (const { conversationId, isTooOld } of answer.conversations)
        if (isTooOld) outdated.add(conversationId);
      // Only the first call names the whole list.
      if (call === 0 && answer.isListStale) isListStale = true;
      behind = answer.conversations.filter((one) => one.hasMore).map((one) => one.conversationId);
    });
  }
  for (const id of behind) outdated.add(id);
  outdated.forEach(unlearn);
  for (const [id, known] of Object.entries(opened))
    if (!outdated.has(id)) set(id, { ...known, missedAfter: undefined });
  if (isListStale || outdated.size > 0) await loadConversations();
  const stale = [...outdated].filter((id) => opened[id]);
  await Promise.all(stale.map((id) => refresh(id).catch(unlessFinal)));
}

function applyMissed({ conversationId, events, lastEventNumber, unreadCount }: ConversationEvents): void {
  for (const event of events) logged[event.name]?.(event.data as never);
  learn(conversationId, lastEventNumber);
  change(conversationId, { unreadCount });
}

/** Ignores the error for a conversation that we have left. */
function unlessFinal(error: unknown): void {
  if (!(error instanceof ApiError && error.isFinal)) throw error;
}

/** Drops loaded messages, because they are translated into another language now. */
export async function reload(): Promise<void> {
  opened = {};
  await loadConversations();
}

export function loadConversations(): Promise<void> {
  return take(getPage<Conversation[]>(`/conversations?limit=${PAGE}`), (page) => {
    // Conversations beyond the page, if any, were loaded earlier.
    page.data.forEach(isKnownUpTo);
    conversations = page.hasMore ? joined(page.data, conversations) : page.data;
    hasMore = page.hasMore && (!isLoaded || hasMore);
    isLoaded = true;
  });
}

export function loadMoreConversations(): Promise<void> {
  const next = `/conversations?limit=${PAGE}&offset=${conversations.length}`;
  return take(getPage<Conversation[]>(next), (page) => {
    page.data.forEach(isKnownUpTo);
    conversations = joined(page.data, conversations);
    hasMore = page.hasMore;
  });
}

/** A conversation from the server is known up to its last event; previously loaded messages may be incomplete. */
const isKnownUpTo = ({ id, lastEventNumber }: Conversation): void =>
  opened[id] ? learnFirst(id, lastEventNumber) : learn(id, lastEventNumber);

function joined(fresh: readonly Conversation[], known: readonly Conversation[]): Conversation[] {
  const ids = new Set(fresh.map((conversation) => conversation.id));
  return byTime([...fresh, ...known.filter((conversation) => !ids.has(conversation.id))]);
}

type Place = "before" | "after" | "around";
const messagesOf = (id: string, place?: Place, message = "") =>
  getPage<Message[]>(`/conversations/${id}/messages?limit=${PAGE}${place ? `&${place}=${message}` : ""}`);

/** Opens a conversation with its newest messages, back to the first unread one. */
export async function open(id: string): Promise<void> {
  if (!chats.conversation(id)) {
    const conversation = await get<Conversation>(`/conversations/${id}`);
    isKnownUpTo(conversation);
    conversations = joined([conversation], conversations);
  }
  // Messages that arrive while the page is loading are merged.
  if (!opened[id]) set(id, { messages: [], hasOlder: true, readUpTo: 0 });
  if (opened[id]?.hasNewer) await showNewest(id);
  else if (opened[id]?.messages.length === 0) {
    await take(messagesOf(id), (page) => {
      const messages = merge(opened[id]?.messages ?? [], page.data);
      set(id, { messages, hasOlder: page.hasMore, readUpTo: 0 });
    });
  }
  const known = opened[id];
  if (!known) return;
  const unread = chats.conversation(id)?.unreadCount ?? 0;
  // Numbers of deleted messages are not given to others, and system messages are not unread.
  const counted = known.messages.filter((message) => !isBySystem(message));
  const firstUnread = unread > 0 ? counted.at(-unread) : undefined;
  const readUpTo = firstUnread ? firstUnread.sequence - 1 : newestOf(known.messages) - unread;
  set(id, { ...known, readUpTo });
  for (let read = 1; read < PAGES_OF_UNREAD && isCutOff(opened[id]); read++) await loadOlder(id);
}

/** Whether there are unread messages older than the loaded ones. */
const isCutOff = (known: Opened | undefined): boolean =>
  known !== undefined && known.hasOlder && (known.messages[0]?.sequence ?? 0) > known.readUpTo + 1;

function refresh(id: string): Promise<void> {
  return take(messagesOf(id), (page) => {
    const known = opened[id];
    if (!known || known.hasNewer) return;
    const complete = known.missedAfter ?? newestOf(known.messages);
    // More than a page was missed: scrolling loads the rest, backwards from the new page.
    const hasGap = page.hasMore && (page.data.at(-1)?.sequence ?? 0) > complete + 1;
    const kept = hasGap ? known.messages.filter((message) => message.sequence > complete) : known.messages;
    const hasOlder = hasGap || known.hasOlder;
    set(id, { ...known, messages: merge(kept, page.data), hasOlder, missedAfter: undefined });
    settle(page.data);
  });
}

export function loadOlder(id: string): Promise<void> {
  const first = opened[id]?.messages[0]?.id;
  return take(messagesOf(id, "before", first), (page) => {
    const known = opened[id];
    // Other messages may be shown by now.
    if (known && known.messages[0]?.id === first)
      set(id, { ...known, messages: merge(known.messages, page.data), hasOlder: page.hasMore });
  });
}

/** Loads what follows the messages around an old one. */
export function loadNewer(id: string): Promise<void> {
  const last = opened[id]?.messages.at(-1)?.id;
  return take(messagesOf(id, "after", last), ({ data, hasNewer }) => {
    const known = opened[id];
    if (known?.hasNewer && known.messages.at(-1)?.id === last)
      set(id, { ...known, messages: merge(known.messages, data), hasNewer });
  });
}

/** Shows the messages around this one, unless it is shown. */
export async function showAround(id: string, message: string): Promise<void> {
  if (opened[id]?.messages.some((known) => known.id === message)) return;
  await replace(id, messagesOf(id, "around", message));
}

/** Shows the newest messages instead of those around an old one. */
export async function showNewest(id: string): Promise<void> {
  if (opened[id]?.hasNewer) await replace(id, messagesOf(id));
}

const replace = (id: string, page: ReturnType<typeof messagesOf>): Promise<void> =>
  take(page, ({ data, hasMore, hasNewer }) =>
    set(id, { messages: merge([], data), hasOlder: hasMore, hasNewer, readUpTo: opened[id]?.readUpTo ?? 0 }),
  );

/** Marks everything up to now as read. */
export async function markRead(id: string): Promise<void> {
  const isNotified = readAbout(id);
  if ((chats.conversation(id)?.unreadCount ?? 0) === 0 && !isNotified) return;
  change(id, { unreadCount: 0 });
  // If this fails, the next view of the conversation repeats it.
  await post(`/conversations/${id}/mark-read`).catch(() => {});
}

/** Edits a message; its language may be unknown. */
export async function rewrite(id: string, content: string, originalLanguage?: string): Promise<void> {
  const message = await put<Message>(`/messages/${id}`, { content, originalLanguage });
  everywhere((messages) => edited(messages, message));
}

/** Deletes a message for everybody. */
export async function removeMessage({ id, conversationId }: Message): Promise<void> {
  await remove(`/messages/${id}`);
  gone({ messageId: id, conversationId });
}

/** Deletes a message for the user only. */
export async function hideMessage({ id, conversationId }: Message): Promise<void> {
  await remove(`/messages/${id}/delete-for-me`);
  gone({ messageId: id, conversationId });
}

/** Deletes all messages of a conversation so far, for the user only. */
export async function clearHistory(id: string): Promise<void> {
  await post(`/conversations/${id}/clear-history`);
  await reload();
}

/** Takes a conversation out of the list until its next message. */
export async function hideConversation(id: string): Promise<void> {
  await remove(`/conversations/${id}/delete-for-me`);
  await reload();
}

/** Adds a reaction of the user, or removes it if there is one. */
export async function toggleReaction(message: Message, emoji: string): Promise<void> {
  const { id: messageId } = message;
  if (message.currentUserReactions.includes(emoji)) {
    await remove(`/reactions/${messageId}/${encodeURIComponent(emoji)}`);
  } else {
    await post("/reactions", { messageId, emoji });
  }
}

/** Leaves a conversation. */
export async function leaveConversation(id: string): Promise<void> {
  await post(`/conversations/${id}/leave`);
  over({ conversationId: id });
}

/** Changes the title of a conversation. */
export async function renameConversation(id: string, title: string): Promise<void> {
  change(id, await patch<Conversation>(`/conversations/${id}`, { title }));
}

/** Changes the picture of a conversation, or removes it. */
export async function changePicture(id: string, file: File | null): Promise<void> {
  const stored = file && (await upload(file, new AbortController().signal, () => {}));
  const avatar = stored?.fileUrl ?? "";
  change(id, await patch<Conversation>(`/conversations/${id}`, { avatar }));
}

/** Opens the direct conversation with one user, an existing one if there is one; with several, a new group. */
export async function converse(people: readonly Pick<FoundUser, "id">[], title: string): Promise<string> {
  const participantIds = people.map((person) => person.id);
  const isDirect = participantIds.length === 1;
  if (isDirect) {
    const [known] = await get<Conversation[]>(`/conversations?type=direct&withUserId=${participantIds[0]}`);
    if (known) return known.id;
  }
  const body = isDirect ? { type: "direct", participantIds } : { type: "group", title, participantIds };
  const created = await post<Conversation>("/conversations", body);
  await loadConversations();
  return created.id;
}

function arrived(message: Message): void {
  const id = message.conversationId;
  const known = opened[id];
  if (known && !known.hasNewer) set(id, { ...known, messages: merge(known.messages, [message]) });
  settle([message]);
  const author = authorOf(message);
  if (author) stoppedTyping({ conversationId: id, userId: author });
  if (!chats.conversation(id)) {
    void loadConversations().catch(() => {});
    return;
  }
  // The server does not move a conversation for it, and nothing is read.
  if (isBySystem(message)) return change(id, { lastMessage: message });
  const own = author === session.user?.id ? { unreadCount: 0 } : {};
  change(id, { lastMessage: message, lastMessageAt: message.createdAt, ...own });
  conversations = byTime(conversations);
}

function gone({ messageId, conversationId }: Pick<MessageDeleted, "messageId" | "conversationId">): void {
  const known = opened[conversationId];
  if (known) set(conversationId, { ...known, messages: deleted(known.messages, messageId) });
  changePins((messages) => deleted(messages, messageId));
  if (chats.conversation(conversationId)?.lastMessage?.id === messageId) {
    void loadConversations().catch(() => {});
  }
}

function hasReacted(event: ReactionEvent): void {
  const known = opened[event.conversationId];
  if (!known) return;
  set(event.conversationId, { ...known, messages: reacted(known.messages, event, session.user?.id) });
}

/** The conversations that are being loaded again. */
const reloading = new Set<string>();

/** A conversation or its members have changed. */
function outdated({ conversationId: id }: { conversationId: string }): void {
  if (!chats.conversation(id) || reloading.has(id)) return;
  reloading.add(id);
  // Later changes are loaded again.
  queueMicrotask(() => reloading.delete(id));
  void take(get<Conversation>(`/conversations/${id}`), (now) => change(id, now)).catch(() => {});
}

/** A conversation was closed, or the user is not a member of it any more. */
function over({ conversationId }: { conversationId: string }): void {
  conversations = conversations.filter((known) => known.id !== conversationId);
  const { [conversationId]: _, ...others } = opened;
  opened = others;
}

/** Received messages replace their drafts. */
function settle(messages: readonly Message[]): void {
  for (const { clientMessageId } of messages) if (clientMessageId) discard(clientMessageId);
}

const newestOf = (messages: readonly Message[]): number => messages.at(-1)?.sequence ?? 0;

const byTime = (list: readonly Conversation[]): Conversation[] =>
  list.toSorted((one, other) => other.lastMessageAt.localeCompare(one.lastMessageAt));

/** Messages are shown in two places: in the conversation and in the list. */
function everywhere(apply: <T extends LastMessage>(messages: readonly T[]) => T[]): void {
  opened = Object.fromEntries(
    Object.entries(opened).map(([id, known]) => [id, { ...known, messages: apply(known.messages) }]),
  );
  changePins(apply);
  conversations = conversations.map((conversation) => {
    const [lastMessage] = conversation.lastMessage ? apply([conversation.lastMessage]) : [];
    return lastMessage ? { ...conversation, lastMessage } : conversation;
  });
}

function set(id: string, next: Opened): void {
  opened = { ...opened, [id]: next };
}

/** Changes what the reader prefers for a conversation. */
export async function prefer(id: string, changes: Partial<PutConversationPreferences>): Promise<void> {
  const path = `/user-preferences/conversations/${id}`;
  const { isPinned, isMuted, isArchived, customName, reaction } = await put<OwnConversationPreferences>(
    path,
    changes,
  );
  const stored = { isPinned, isMuted, isArchived, customName, reaction, isDeletedForUser: false };
  change(id, { userPreferences: [stored] });
}

function change(id: string, changes: Partial<Conversation>): void {
  conversations = conversations.map((known) => (known.id === id ? { ...known, ...changes } : known));
}

function status({ userId, isOnline }: { userId: string; isOnline: boolean }): void {
  conversations = conversations.map((conversation) => ({
    ...conversation,
    members: conversation.members.map((member) =>
      member.userId === userId ? { ...member, user: { ...member.user, isOnline } } : member,
    ),
  }));
}
