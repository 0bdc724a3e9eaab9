import type { Message } from "../api/wire";

/** A message in Spanish with a pending French translation. */
export function message(sequence: number, extra: Partial<Message> = {}): Message {
  return {
    id: `m${sequence}`,
    conversationId: "c",
    sequence,
    revision: 1,
    clientMessageId: null,
    senderId: "u",
    messageType: "text",
    content: "hola",
    originalLanguage: "es",
    createdAt: "2026-01-15T12:34:56.789Z",
    editedAt: null,
    sender: null,
    attachments: [],
    translations: [],
    translationStates: [{ targetLanguage: "fr", state: "pending" }],
    ...extra,
  };
}
