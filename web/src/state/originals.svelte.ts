// Where a reader wants to see originals: in whole conversations, which is stored, and the opposite for single
// messages.

import { load, personal, save } from "../lib/storage";

let key = "";
let conversations = $state<Record<string, true>>({});
let flipped = $state<Record<string, boolean>>({});

/** Loads what the user chose on this device earlier. */
export function openOriginals(userId: string): void {
  key = personal(userId, "originals");
  conversations = load(key, {});
  flipped = {};
}

export const showsOriginals = (conversationId: string): boolean => conversations[conversationId] ?? false;

export const showsOriginal = (conversationId: string, messageId: string): boolean =>
  showsOriginals(conversationId) !== (flipped[messageId] ?? false);

export function flipMessage(messageId: string): void {
  flipped[messageId] = !flipped[messageId];
}

/** Switches a whole conversation; exceptions for single messages are reset. */
export function flipConversation(conversationId: string): void {
  if (conversations[conversationId]) delete conversations[conversationId];
  else conversations[conversationId] = true;
  flipped = {};
  save(key, conversations);
}
