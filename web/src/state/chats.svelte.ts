// The conversations, the messages of those that were opened, and who is typing: fed by REST and by the socket.

import { get, post } from "../api/client";
import type { Conversation, Message, Person, Translation, TranslationState } from "../api/wire";
import { clearOutbox, flush } from "./outbox.svelte";
import { connect, disconnect, tell } from "../realtime/socket.svelte";
import { merge, translated, untranslated } from "./timeline";

interface Opened {
  messages: Message[];
  hasOlder: boolean;
  /** Messages with a higher number were unread when the conversation was opened. */
  readUpTo: number;
}

/** Somebody who says nothing more is not typing after so long (wire-contract 5.8). */
const TYPING_MS = 15_000;

let conversations = $state<Conversation[]>([]);
let loaded = $state(false);
let opened = $state<Record<string, Opened>>({});
let typists = $state<Record<string, Record<string, string>>>({});
const timers = new Map<string, ReturnType<typeof setTimeout>>();

export const chats = {
  get all(): Conversation[] {
    return conversations;
  },
  get loaded(): boolean {
    return loaded;
  },
  conversation: (id: string): Conversation | undefined => conversations.find((known) => known.id === id),
  opened: (id: string): Opened | undefined => opened[id],
  typing: (id: string): string[] => Object.values(typists[id] ?? {}),
};

export function start(token: string, userId: string): void {
  connect(
    token,
    {
      "message:new": (message: Message) => arrived(message),
      "message:translation": (event: { translations: Translation[]; conversationId?: string }) => {
        for (const translation of event.translations) translationArrived(translation);
      },
      "message:translation-state": (event: TranslationState & { messageId: string }) => {
        everywhere((messages) => untranslated(messages, event.messageId, event));
      },
      "conversation:unread-updated": (event: { conversationId: string; unreadCount: number }) =>
        change(event.conversationId, { unreadCount: event.unreadCount }),
      "conversation:new": () => void loadConversations(),
      "user:status": (event: { userId: string; isOnline: boolean }) => status(event.userId, event.isOnline),
      "typing:start": (event: TypingEvent) => typing(event, userId, true),
      "typing:stop": (event: TypingEvent) => typing(event, userId, false),
    } as Record<string, (payload: never) => void>,
    () => void catchUp(),
  );
}

export function stop(): void {
  disconnect();
  clearOutbox();
  conversations = [];
  loaded = false;
  opened = {};
  typists = {};
}

/** After every connection: what was missed is read again, what waits is sent. */
async function catchUp(): Promise<void> {
  void flush();
  await loadConversations();
  await Promise.all(Object.keys(opened).map(refresh));
}

export async function loadConversations(): Promise<void> {
  conversations = (await get<Conversation[]>("/conversations?limit=50")).data;
  loaded = true;
}

/** Opens a conversation: its newest messages, and which of them are unread. */
export async function open(id: string): Promise<void> {
  if (!chats.conversation(id)) {
    const { data } = await get<Conversation>(`/conversations/${id}`);
    conversations = [data, ...conversations.filter((known) => known.id !== id)];
  }
  const unread = chats.conversation(id)?.unreadCount ?? 0;
  const page = await get<Message[]>(`/conversations/${id}/messages?limit=50`);
  const newest = page.data[0]?.sequence ?? 0;
  const messages = merge(opened[id]?.messages ?? [], page.data);
  opened[id] = { messages, hasOlder: page.hasMore, readUpTo: newest - unread };
}

async function refresh(id: string): Promise<void> {
  const page = await get<Message[]>(`/conversations/${id}/messages?limit=50`);
  const known = opened[id];
  if (!known) return;
  const oldest = page.data.at(-1)?.sequence ?? 0;
  const newest = known.messages.at(-1)?.sequence ?? 0;
  // More than a page was missed: what lies between is read by scrolling, from the new page backwards.
  const gap = page.hasMore && oldest > newest + 1;
  opened[id] = gap
    ? { ...known, messages: merge([], page.data), hasOlder: true }
    : { ...known, messages: merge(known.messages, page.data) };
}

export async function loadOlder(id: string): Promise<void> {
  const first = opened[id]?.messages[0];
  if (!first) return;
  const page = await get<Message[]>(`/conversations/${id}/messages?limit=50&before=${first.id}`);
  const known = opened[id];
  if (known) opened[id] = { ...known, messages: merge(known.messages, page.data), hasOlder: page.hasMore };
}

/** Everything up to now was seen. */
export async function markRead(id: string): Promise<void> {
  if ((chats.conversation(id)?.unreadCount ?? 0) === 0) return;
  change(id, { unreadCount: 0 });
  await post(`/conversations/${id}/mark-read`).catch(() => {});
}

export async function searchPeople(text: string): Promise<Person[]> {
  return text.trim().length < 2
    ? []
    : (await get<Person[]>(`/users/search?q=${encodeURIComponent(text.trim())}`)).data;
}

/** Opens a conversation with some people: the direct one with one of them, a new group with several. */
export async function create(people: Person[], title: string): Promise<string> {
  const participantIds = people.map((person) => person.id);
  const body =
    people.length === 1 ? { type: "direct", participantIds } : { type: "group", title, participantIds };
  const created = await post<Conversation>("/conversations", body);
  await loadConversations();
  return created.id;
}

function arrived(message: Message): void {
  const id = message.conversationId;
  const known = opened[id];
  if (known) opened[id] = { ...known, messages: merge(known.messages, [message]) };
  if (!chats.conversation(id)) {
    void loadConversations();
    return;
  }
  change(id, { lastMessage: message, lastMessageAt: message.createdAt });
  conversations = [...conversations].sort((one, other) =>
    other.lastMessageAt.localeCompare(one.lastMessageAt),
  );
}

function translationArrived(translation: Translation): void {
  everywhere((messages) => translated(messages, translation));
}

/** Messages are shown in two places: where they were opened, and at the end of the list. */
function everywhere(apply: (messages: readonly Message[]) => Message[]): void {
  for (const [id, known] of Object.entries(opened))
    opened[id] = { ...known, messages: apply(known.messages) };
  conversations = conversations.map((conversation) => {
    const [lastMessage] = conversation.lastMessage ? apply([conversation.lastMessage as Message]) : [];
    return lastMessage ? { ...conversation, lastMessage } : conversation;
  });
}

function change(id: string, changes: Partial<Conversation>): void {
  conversations = conversations.map((known) => (known.id === id ? { ...known, ...changes } : known));
}

function status(userId: string, isOnline: boolean): void {
  conversations = conversations.map((conversation) => ({
    ...conversation,
    members: conversation.members.map((member) =>
      member.userId === userId ? { ...member, user: { ...member.user, isOnline } } : member,
    ),
  }));
}

interface TypingEvent {
  conversationId: string;
  userId: string;
  username: string;
}

function typing(event: TypingEvent, me: string, isTyping: boolean): void {
  if (event.userId === me) return;
  const timer = `${event.conversationId} ${event.userId}`;
  clearTimeout(timers.get(timer));
  const others = { ...typists[event.conversationId] };
  if (isTyping) {
    others[event.userId] = event.username;
    timers.set(
      timer,
      setTimeout(() => typing(event, me, false), TYPING_MS),
    );
  } else {
    delete others[event.userId];
  }
  typists[event.conversationId] = others;
}

/** Says that somebody types here, at most every few seconds, and that it is over. */
export function typingIn(conversationId: string): { keystroke: () => void; over: () => void } {
  let told = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;
  const over = () => {
    clearTimeout(idle);
    if (told > 0) tell("typing:stop", { conversationId });
    told = 0;
  };
  const keystroke = () => {
    if (Date.now() - told > 3000) {
      told = Date.now();
      tell("typing:start", { conversationId });
    }
    clearTimeout(idle);
    idle = setTimeout(over, 3000);
  };
  return { keystroke, over };
}
