// What a reader sees: the rule of wire-contract 6.4, held to the same table as the server's
// (crates/domain/vectors/reader.json).

import type { LanguageSettings, Message, Translation } from "../api/wire";

export type Shown =
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

type Readable = Pick<Message, "content" | "originalLanguage" | "translations">;

/** Picks the text of a message for a reader, and says why. */
export function shownText(reader: LanguageSettings, message: Readable): Shown {
  const wanted = readingLanguage(reader);
  const original = { text: message.content, language: message.originalLanguage };
  if (wanted === message.originalLanguage) return { kind: "same", ...original };
  if (!reader.autoTranslateEnabled) return { kind: "off", ...original };
  const translation = message.translations.find((known) => known.targetLanguage === wanted);
  if (!translation) return { kind: "waiting", ...original, wanted };
  return { kind: "translated", text: translation.translatedContent, language: wanted, translation };
}
