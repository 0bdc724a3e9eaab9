// The messages of one conversation as a value: what comes from anywhere goes in, in any order and twice.

import type { Message, Translation, TranslationState } from "../api/wire";

/** A message that this device has written and the server has not acknowledged. */
export interface Draft {
  clientMessageId: string;
  conversationId: string;
  content: string;
  createdAt: string;
  state: "sending" | "failed";
  problem?: string;
}

/** Puts messages into a timeline, each once, by their number in the conversation. */
export function merge(timeline: readonly Message[], arrived: readonly Message[]): Message[] {
  const known = new Map(timeline.map((message) => [message.id, message]));
  for (const message of arrived) {
    const before = known.get(message.id);
    known.set(message.id, before ? newer(before, message) : message);
  }
  return [...known.values()].sort((one, other) => one.sequence - other.sequence);
}

/** The same message twice: translations that only one of them knows are kept. */
function newer(before: Message, after: Message): Message {
  let merged = after;
  for (const translation of before.translations) merged = withTranslation(merged, translation);
  return merged;
}

function withTranslation(message: Message, translation: Translation): Message {
  const target = translation.targetLanguage;
  return {
    ...message,
    translations: [...message.translations.filter((known) => known.targetLanguage !== target), translation],
    translationStates: message.translationStates.filter((state) => state.targetLanguage !== target),
  };
}

/** A translation has come. */
export function translated(timeline: readonly Message[], translation: Translation): Message[] {
  return timeline.map((message) =>
    message.id === translation.messageId ? withTranslation(message, translation) : message,
  );
}

/** A translation has come to an end without a text. */
export function untranslated(
  timeline: readonly Message[],
  messageId: string,
  state: TranslationState,
): Message[] {
  const others = (message: Message) =>
    message.translationStates.filter((known) => known.targetLanguage !== state.targetLanguage);
  return timeline.map((message) =>
    message.id === messageId ? { ...message, translationStates: [...others(message), state] } : message,
  );
}

/** The drafts that have not become messages of the timeline. */
export function unsent(drafts: readonly Draft[], timeline: readonly Message[]): Draft[] {
  const arrived = new Set(timeline.map((message) => message.clientMessageId));
  return drafts.filter((draft) => !arrived.has(draft.clientMessageId));
}
