// The message that the user is replying to: one at a time.

import type { Message } from "../api/schema";

let message = $state.raw<Message | null>(null);

/** The message of a conversation that is being replied to. */
export const repliedIn = (conversationId: string): Message | null =>
  message?.conversationId === conversationId ? message : null;

export function startReply(chosen: Message): void {
  message = chosen;
}

export function stopReply(): void {
  message = null;
}
