// Who is typing where.

import { tell } from "../realtime/socket.svelte";

export interface TypingEvent {
  conversationId: string;
  userId: string;
  /** The name to show. */
  username: string;
}

/** Somebody who says nothing more is not typing after so long. */
const EXPIRY_MS = 15_000;
/** So often, at most, the others are told that somebody types on. */
const RENEWAL_MS = 3000;
/** After so long without a key, it is over. */
const IDLE_MS = 3000;

let typists = $state<Record<string, Record<string, string>>>({});
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** The names of those who type in a conversation. */
export const typingIn = (conversationId: string): string[] => Object.values(typists[conversationId] ?? {});

export function startedTyping({ conversationId, userId, username }: TypingEvent): void {
  stoppedTyping({ conversationId, userId });
  typists[conversationId] = { ...typists[conversationId], [userId]: username };
  const stop = () => stoppedTyping({ conversationId, userId });
  timers.set(`${conversationId} ${userId}`, setTimeout(stop, EXPIRY_MS));
}

export function stoppedTyping({
  conversationId,
  userId,
}: Pick<TypingEvent, "conversationId" | "userId">): void {
  clearTimeout(timers.get(`${conversationId} ${userId}`));
  delete typists[conversationId]?.[userId];
}

export function clearTyping(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  typists = {};
}

/** Tells the others of one's own typing in a conversation: `keystroke` at each key, `over` when it is sent or left. */
export function ownTyping(conversationId: string): { keystroke: () => void; over: () => void } {
  let toldAt = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;
  const over = () => {
    clearTimeout(idle);
    if (toldAt > 0) tell("typing:stop", { conversationId });
    toldAt = 0;
  };
  const keystroke = () => {
    if (Date.now() - toldAt > RENEWAL_MS) {
      toldAt = Date.now();
      tell("typing:start", { conversationId });
    }
    clearTimeout(idle);
    idle = setTimeout(over, IDLE_MS);
  };
  return { keystroke, over };
}
