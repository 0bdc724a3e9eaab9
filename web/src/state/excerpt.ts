// What a message says where it is shown in short: in lists, quotes and announcements.

import type { LastMessage, Message, Reply } from "../api/schema";
import { t } from "../i18n/index.svelte";
import { plainText } from "../lib/bidi";
import { direction } from "../lib/languages.svelte";
import { isBySystem, type Reader, shownText } from "../lib/reader";
import { systemText } from "../lib/system-message";
import { conceal, PLACEHOLDERS } from "./concealed.svelte";

export interface Excerpt {
  text: string;
  /** The language and direction of the text; absent if it is a text of the interface. */
  lang?: string;
  dir?: "ltr" | "rtl" | "auto";
}

/** The text of a message for a reader, or what is shown instead of it. */
export function excerptOf(reader: Reader, message: Message | LastMessage | Reply): Excerpt {
  const { text, language } = shownText(reader, message);
  return placeholderOf(reader, message) ?? inLanguage(text, language);
}

/** The same in the language in which it was written. */
export function originalExcerptOf(reader: Reader, message: Message | LastMessage | Reply): Excerpt {
  return placeholderOf(reader, message) ?? inLanguage(message.content, message.originalLanguage);
}

/** What the interface says instead of the text of a message, if it does. */
function placeholderOf(reader: Reader, message: Message | LastMessage | Reply): Excerpt | null {
  const wording = isBySystem(message) ? systemText(message, reader) : null;
  if (wording !== null) return { text: wording };
  const reason = conceal(message);
  return reason && { text: t(PLACEHOLDERS[reason]) };
}

const inLanguage = (text: string, language: string): Excerpt => ({
  text: plainText(text),
  lang: language,
  dir: direction(language),
});
