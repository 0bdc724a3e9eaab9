// The messages of one conversation as a value: what comes from anywhere goes in, in any order and twice.

import type { LastMessage, Message, Translation, TranslationState } from "../api/wire";

/** A message that this device has written and that has not come back as a message of the conversation. */
export interface Draft {
  clientMessageId: string;
  conversationId: string;
  content: string;
  /** The one that was chosen to write in. */
  originalLanguage: string | null;
  createdAt: string;
  /** `sent`: acknowledged, so it will come back; `failed`: refused for good. */
  state: "sending" | "sent" | "failed";
  /** Why it was refused. */
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

/** The same message twice: its later text counts, and of that, translations that only the one known before has are kept. */
function newer(before: Message, after: Message): Message {
  if (before.revision > after.revision) return before;
  if (before.revision < after.revision) return after;
  const known = new Set(after.translations.map((translation) => translation.targetLanguage));
  return before.translations
    .filter((translation) => !known.has(translation.targetLanguage))
    .reduce(withTranslation, after);
}

function withTranslation<T extends LastMessage>(message: T, translation: Translation): T {
  const target = translation.targetLanguage;
  return {
    ...message,
    translations: [...message.translations.filter((known) => known.targetLanguage !== target), translation],
    translationStates: message.translationStates.filter((state) => state.targetLanguage !== target),
  };
}

/** A message was given another text: its translations are under way again. */
export function edited<T extends LastMessage>(timeline: readonly T[], now: Message): T[] {
  const { content, originalLanguage, revision, editedAt, translations, translationStates } = now;
  const changes = { content, originalLanguage, revision, editedAt, translations, translationStates };
  return timeline.map((message) =>
    message.id === now.id && message.revision < now.revision ? { ...message, ...changes } : message,
  );
}

/** Whether a translation is one of the text that a message has. */
const isOf = (message: LastMessage, of: { messageId: string; revision: number }): boolean =>
  message.id === of.messageId && message.revision === of.revision;

/** A translation has come. */
export function translated<T extends LastMessage>(timeline: readonly T[], translation: Translation): T[] {
  return timeline.map((message) =>
    isOf(message, translation) ? withTranslation(message, translation) : message,
  );
}

/** A translation has come to an end without a text. */
export function untranslated<T extends LastMessage>(
  timeline: readonly T[],
  event: TranslationState & { messageId: string; revision: number },
): T[] {
  const { targetLanguage, state, reasonCode } = event;
  const ended = { targetLanguage, state, reasonCode };
  const others = (message: T) =>
    message.translationStates.filter((known) => known.targetLanguage !== targetLanguage);
  return timeline.map((message) =>
    isOf(message, event) ? { ...message, translationStates: [...others(message), ended] } : message,
  );
}

/** The drafts that have not become messages of the timeline. */
export function unsent(drafts: readonly Draft[], timeline: readonly Message[]): Draft[] {
  const arrived = new Set(timeline.map((message) => message.clientMessageId));
  return drafts.filter((draft) => !arrived.has(draft.clientMessageId));
}
