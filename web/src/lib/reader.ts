// What a reader sees: the server's rule (crates/domain/src/reader.rs), held to the same table
// (crates/domain/vectors/reader.json).

import type { LanguageSettings, Message, Translation } from "../api/wire";

export type Shown =
  | { kind: "asWritten"; text: string; language: string }
  | { kind: "same"; text: string; language: string }
  | { kind: "off"; text: string; language: string }
  | { kind: "waiting"; text: string; language: string; wanted: string }
  | { kind: "translated"; text: string; language: string; translation: Translation };

/** The language somebody reads in: custom, then system, then regional, each if switched on; else system. */
export function readingLanguage(reader: LanguageSettings): string {
  if (reader.useCustomDestination && reader.customDestinationLanguage)
    return reader.customDestinationLanguage;
  if (reader.translateToSystemLanguage) return reader.systemLanguage;
  if (reader.translateToRegionalLanguage && reader.regionalLanguage) return reader.regionalLanguage;
  return reader.systemLanguage;
}

/** Somebody who reads. */
export type Reader = LanguageSettings & { id: string };

type Readable = Pick<Message, "content" | "originalLanguage" | "translations" | "senderId" | "messageType">;

/** Whether the system wrote it, to tell what happened: "Léa joined". */
export const isBySystem = (message: Pick<Message, "messageType">): boolean =>
  message.messageType === "system";

/** Picks the text of a message for a reader, and says why. */
export function shownText(reader: Reader, message: Readable): Shown {
  const wanted = readingLanguage(reader);
  const original = { text: message.content, language: message.originalLanguage };
  if (message.senderId === reader.id || isBySystem(message)) return { kind: "asWritten", ...original };
  if (wanted === message.originalLanguage) return { kind: "same", ...original };
  if (!reader.autoTranslateEnabled) return { kind: "off", ...original };
  const translation = message.translations.find((known) => known.targetLanguage === wanted);
  if (!translation) return { kind: "waiting", ...original, wanted };
  return { kind: "translated", text: translation.translatedContent, language: wanted, translation };
}
