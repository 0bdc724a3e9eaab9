// The pinned messages of opened conversations.

import { get, post, remove } from "../api/client";
import type { Message } from "../api/schema";

let known = $state.raw<Record<string, Message[]>>({});

/** The pinned messages of a conversation, the latest pin first. */
export const pinnedIn = (conversationId: string): Message[] => known[conversationId] ?? [];

/** Loads them; without a connection, those that are known stay. */
export async function loadPins(conversationId: string): Promise<void> {
  const pinned = await get<Message[]>(`/conversations/${conversationId}/pinned-messages`).catch(() => null);
  if (pinned) known = { ...known, [conversationId]: pinned };
}

/** A message was pinned, or its pin was taken off. */
export function pinsChanged({ conversationId }: { conversationId: string }): void {
  if (known[conversationId]) void loadPins(conversationId);
}

/** Messages have changed. */
export function changePins(apply: (messages: readonly Message[]) => Message[]): void {
  known = Object.fromEntries(Object.entries(known).map(([id, messages]) => [id, apply(messages)]));
}

/** Pins a message for everybody in the conversation, or takes its pin off. */
export async function setPinned({ id, conversationId }: Message, isPinned: boolean): Promise<void> {
  await (isPinned ? post(`/messages/${id}/pin`) : remove(`/messages/${id}/pin`));
  await loadPins(conversationId);
}

/** Sends the text of a message to another conversation. */
export async function forward(message: Message, conversationId: string): Promise<void> {
  await post(`/messages/${message.id}/forward`, { conversationId });
}

export function forgetPins(): void {
  known = {};
}
