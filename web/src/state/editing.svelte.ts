// Which message of one's own is being given another text: one at a time.

import type { Message } from "../api/wire";
import { chats, rewrite } from "./chats.svelte";

/** The author may change a message for a day. */
const EDIT_WINDOW_MS = 24 * 60 * 60 * 1000;

let message = $state.raw<Message | null>(null);

/** The message of a conversation that is being edited. */
export const editedIn = (conversationId: string): Message | null =>
  message?.conversationId === conversationId ? message : null;

export const mayEdit = (candidate: Message, userId: string): boolean =>
  candidate.senderId === userId && Date.now() - Date.parse(candidate.createdAt) < EDIT_WINDOW_MS;

/** One's own last message, if it may still be changed. */
export function lastEditable(conversationId: string, userId: string): Message | undefined {
  const last = chats.opened(conversationId)?.messages.findLast((message) => message.senderId === userId);
  return last && mayEdit(last, userId) ? last : undefined;
}

export function startEditing(chosen: Message): void {
  message = chosen;
}

export function stopEditing(): void {
  message = null;
}

/** Gives it the text; throws `ApiError` when the server does not take it, and goes on editing. */
export async function finishEditing(content: string, originalLanguage?: string): Promise<void> {
  if (!message) return;
  if (content !== message.content) await rewrite(message.id, content, originalLanguage);
  stopEditing();
}
