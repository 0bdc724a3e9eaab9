// Who is typing where.

import { tell } from "../realtime/socket.svelte";

export interface TypingEvent {
  conversationId: string;
  userId: string;
  /** The name to show. */
  username: string;
}

/** Without further events, a user counts as typing for this long. */
const EXPIRY_MS = 15_000;
/** How often others are notified at most while the user keeps typing. */
const RENEWAL_MS = 3000;
/** Without a keystroke for this long, typing is over. */
const IDLE_MS = 3000;

let typists = $state<Record<string, Record<string, string>>>({});
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** The names of the users who are typing in a conversation. */
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

/**
 * Notifies others that the user is typing in a conversation: call `keystroke` at each key, `over` when the
 * message is sent or left.
 */
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
