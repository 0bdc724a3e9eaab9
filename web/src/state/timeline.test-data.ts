import type { Message, Translation } from "../api/schema";

const TIME = "2026-01-15T12:34:56.789Z";

/** A message in Spanish with a pending French translation. */
export function message(sequence: number, extra: Partial<Message> = {}): Message {
  return {
    _count: { reactions: 0, statusEntries: 0 },
    anonymousSender: null,
    anonymousSenderId: null,
    attachments: [],
    clientMessageId: null,
    content: "hola",
    conversationId: "c",
    createdAt: TIME,
    currentUserReactions: [],
    deletedAt: null,
    deliveredCount: 0,
    deliveredToAllAt: null,
    editedAt: null,
    encryptionMode: null,
    expiresAt: null,
    forwardedFromConversationId: null,
    forwardedFromId: null,
    id: `m${sequence}`,
    isBlurred: false,
    isDeleted: false,
    isEdited: false,
    isEncrypted: false,
    isViewOnce: false,
    maxViewOnceCount: null,
    messageSource: "user",
    messageType: "text",
    meta: { conversationStats: null },
    originalContent: "hola",
    originalLanguage: "es",
    pinnedAt: null,
    pinnedBy: null,
    reactionCount: 0,
    reactionSummary: {},
    readByAllAt: null,
    readCount: 0,
    receivedByAllAt: null,
    replyToId: null,
    revision: 1,
    sender: null,
    senderId: "u",
    sequence,
    translationStates: [{ targetLanguage: "fr", state: "pending" }],
    translations: [],
    updatedAt: TIME,
    validatedMentions: [],
    viewOnceCount: 0,
    ...extra,
  };
}

/** A translation of the first message. */
export function translation(targetLanguage: string, translatedContent: string): Translation {
  return {
    cacheKey: `m1_es_${targetLanguage}`,
    cached: false,
    createdAt: TIME,
    id: `m1-${targetLanguage}`,
    isEncrypted: false,
    messageId: "m1",
    revision: 1,
    sourceLanguage: "es",
    state: "done",
    targetLanguage,
    translatedContent,
    translationModel: "medium",
    updatedAt: TIME,
  };
}
