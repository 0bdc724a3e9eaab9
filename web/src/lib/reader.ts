// The reader's rule, as on the server (crates/domain/src/reader.rs), with the same cases
// (crates/domain/vectors/reader.json).

import type { Message, Translation, User } from "../api/schema";
import { isBy } from "./author";

/** What somebody has set about languages. */
export type LanguageSettings = Pick<
  User,
  | "systemLanguage"
  | "regionalLanguage"
  | "customDestinationLanguage"
  | "autoTranslateEnabled"
  | "translateToSystemLanguage"
  | "translateToRegionalLanguage"
  | "useCustomDestination"
>;

export type Shown =
  | { kind: "asWritten"; text: string; language: string }
  | { kind: "same"; text: string; language: string }
  | { kind: "off"; text: string; language: string }
  | { kind: "waiting"; text: string; language: string; wanted: string }
  | { kind: "translated"; text: string; language: string; translation: Translation };

/** The language a user reads in: the first enabled one of custom, system, regional; otherwise system. */
export function readingLanguage(reader: LanguageSettings): string {
  if (reader.useCustomDestination && reader.customDestinationLanguage)
    return reader.customDestinationLanguage;
  if (reader.translateToSystemLanguage) return reader.systemLanguage;
  if (reader.translateToRegionalLanguage && reader.regionalLanguage) return reader.regionalLanguage;
  return reader.systemLanguage;
}

/** A reader. */
export type Reader = LanguageSettings & { id: string };

type Readable = Pick<
  Message,
  "content" | "originalLanguage" | "translations" | "senderId" | "anonymousSenderId" | "messageType"
>;

/** Whether it is a system message, such as "Léa joined". */
export const isBySystem = (message: Pick<Message, "messageType">): boolean =>
  message.messageType === "system";

/** Selects the text of a message for a reader, and the reason. */
export function shownText(reader: Reader, message: Readable): Shown {
  const wanted = readingLanguage(reader);
  const original = { text: message.content, language: message.originalLanguage };
  if (isBy(message, reader.id) || isBySystem(message)) return { kind: "asWritten", ...original };
  if (wanted === message.originalLanguage) return { kind: "same", ...original };
  if (!reader.autoTranslateEnabled) return { kind: "off", ...original };
  const translation = message.translations.find((known) => known.targetLanguage === wanted);
  if (!translation) return { kind: "waiting", ...original, wanted };
  return { kind: "translated", text: translation.translatedContent, language: wanted, translation };
}
