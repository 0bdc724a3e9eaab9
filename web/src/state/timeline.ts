// The messages of a conversation as a value: updates from any source can be applied, in any order and
// repeatedly.

import type { LastMessage, Message, ReactionEvent, Translation, TranslationState } from "../api/schema";

/** How a message is shown, and for how many milliseconds; 0 for ever. */
export interface Disclosure {
  isViewOnce: boolean;
  isBlurred: boolean;
  lifetime: number;
}

export const PLAIN: Disclosure = { isViewOnce: false, isBlurred: false, lifetime: 0 };

/** A message written on this device that has not come back as a message of the conversation. */
export interface Draft {
  clientMessageId: string;
  conversationId: string;
  content: string;
  /** The selected language, if any. */
  originalLanguage: string | null;
  /** The message it replies to, if any; absent in drafts of an earlier version. */
  replyToId?: string | undefined;
  /** Absent in drafts of an earlier version, as the reply is. */
  disclosure?: Disclosure;
  /** Uploaded files; absent in drafts without any. */
  files?: { id: string; name: string }[];
  createdAt: string;
  /** `sent`: acknowledged, so it will come back; `failed`: rejected for good. */
  state: "sending" | "sent" | "failed";
  /** Why it was rejected. */
  problem?: string;
}

/** Adds messages to a timeline, each once, by their number in the conversation. */
export function merge(timeline: readonly Message[], arrived: readonly Message[]): Message[] {
  const known = new Map(timeline.map((message) => [message.id, message]));
  for (const message of arrived) {
    const before = known.get(message.id);
    known.set(message.id, before ? newer(before, message) : message);
  }
  return [...known.values()].sort((one, other) => one.sequence - other.sequence);
}

/** Merges two versions of a message: the later text counts, with the translations of that text from both. */
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

/** A message was edited: its translations are pending again. */
export function edited<T extends LastMessage>(timeline: readonly T[], now: Message): T[] {
  const { content, originalLanguage, revision, editedAt, translations, translationStates } = now;
  const changes = { content, originalLanguage, revision, editedAt, translations, translationStates };
  return timeline.map((message) =>
    message.id === now.id && message.revision < now.revision ? { ...message, ...changes } : message,
  );
}

/** Whether a translation belongs to the current text of a message. */
const isOf = (message: LastMessage, of: { messageId: string; revision: number }): boolean =>
  message.id === of.messageId && message.revision === of.revision;

/** A translation has arrived. */
export function translated<T extends LastMessage>(timeline: readonly T[], translation: Translation): T[] {
  return timeline.map((message) =>
    isOf(message, translation) ? withTranslation(message, translation) : message,
  );
}

/** A translation has ended without a text. */
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

/** A message was deleted for everybody. */
export const deleted = (timeline: readonly Message[], messageId: string): Message[] =>
  timeline.filter((message) => message.id !== messageId);

/** A user has added or removed a reaction. */
export function reacted(
  timeline: readonly Message[],
  event: ReactionEvent,
  me: string | undefined,
): Message[] {
  const { emoji, action, aggregation } = event;
  const by = event.userId ?? event.anonymousId;
  return timeline.map((message) => {
    if (message.id !== event.messageId) return message;
    const { [emoji]: _, ...others } = message.reactionSummary;
    const reactionSummary =
      aggregation.count > 0 ? { ...message.reactionSummary, [emoji]: aggregation.count } : others;
    const own = message.currentUserReactions.filter((known) => known !== emoji);
    const isOwn = by === me ? action === "add" : message.currentUserReactions.includes(emoji);
    return { ...message, reactionSummary, currentUserReactions: isOwn ? [...own, emoji] : own };
  });
}

/** The drafts that have not become messages of the timeline. */
export function unsent(drafts: readonly Draft[], timeline: readonly Message[]): Draft[] {
  const arrived = new Set(timeline.map((message) => message.clientMessageId));
  return drafts.filter((draft) => !arrived.has(draft.clientMessageId));
}
