// The user's own message that is being edited: one at a time.

import type { Message } from "../api/schema";
import { isBy } from "../lib/author";
import { isBySystem } from "../lib/reader";
import { chats, rewrite } from "./chats.svelte";

/** Authors can edit a message for 24 hours. */
const EDIT_WINDOW_MS = 24 * 60 * 60 * 1000;

let message = $state.raw<Message | null>(null);

/** The message of a conversation that is being edited. */
export const editedIn = (conversationId: string): Message | null =>
  message?.conversationId === conversationId ? message : null;

export const mayEdit = (candidate: Message, userId: string): boolean =>
  isBy(candidate, userId) &&
  !isBySystem(candidate) &&
  !candidate.isViewOnce &&
  Date.now() - Date.parse(candidate.createdAt) < EDIT_WINDOW_MS;

/** The user's last message, if it can still be edited. */
export function lastEditable(conversationId: string, userId: string): Message | undefined {
  const last = chats
    .opened(conversationId)
    ?.messages.findLast((message) => isBy(message, userId) && !isBySystem(message));
  return last && mayEdit(last, userId) ? last : undefined;
}

export function startEditing(chosen: Message): void {
  message = chosen;
}

export function stopEditing(): void {
  message = null;
}

/** Saves the edit; throws `ApiError` and keeps editing if the server rejects it. */
export async function finishEditing(content: string, originalLanguage?: string): Promise<void> {
  if (!message) return;
  if (content !== message.content) await rewrite(message.id, content, originalLanguage);
  stopEditing();
}
