// What a message that was found by a search says around the words that were searched for.

import type { Message } from "../api/schema";
import { plainText } from "../lib/bidi";
import { excerpt, hasAll, marked, type Part } from "../lib/found";
import { direction } from "../lib/languages.svelte";
import { type Reader, shownText } from "../lib/reader";
import { conceal } from "./concealed.svelte";
import { excerptOf, type Excerpt } from "./excerpt";

export type FoundExcerpt = Omit<Excerpt, "text"> & { parts: Part[] };

/** The text in which the words are: the one that the reader sees, else the original, else another translation. */
export function foundExcerpt(reader: Reader, message: Message, searched: string): FoundExcerpt {
  if (conceal(message)) {
    const { text } = excerptOf(reader, message);
    return { parts: [{ text, isFound: false }] };
  }
  const shown = shownText(reader, message);
  const others = message.translations.map(({ translatedContent, targetLanguage }) => ({
    text: translatedContent,
    language: targetLanguage,
  }));
  const original = { text: message.content, language: message.originalLanguage };
  const { text, language } = [shown, original, ...others].find((one) => hasAll(one.text, searched)) ?? shown;
  const parts = marked(plainText(excerpt(text, searched)), searched);
  return { parts, lang: language, dir: direction(language) };
}
