// Where a reader wants to see originals: in whole conversations, which lasts, and the other way for single messages.

import { load, save } from "../lib/storage";

let conversations = $state<Record<string, true>>(load("originals", {}));
let flipped = $state<Record<string, boolean>>({});

export const showsOriginals = (conversationId: string): boolean => conversations[conversationId] ?? false;

export const showsOriginal = (conversationId: string, messageId: string): boolean =>
  showsOriginals(conversationId) !== (flipped[messageId] ?? false);

export function flipMessage(messageId: string): void {
  flipped[messageId] = !flipped[messageId];
}

/** Switches a whole conversation; its single messages go along. */
export function flipConversation(conversationId: string): void {
  if (conversations[conversationId]) delete conversations[conversationId];
  else conversations[conversationId] = true;
  flipped = {};
  save("originals", conversations);
}
