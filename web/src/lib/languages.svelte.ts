// The languages that people can choose, and how to name them.

import { get } from "../api/client";
import type { Language } from "../api/wire";

let known = $state<Language[]>([]);

export async function loadLanguages(): Promise<void> {
  if (known.length === 0) known = (await get<{ languages: Language[] }>("/languages")).data.languages;
}

export const languages = {
  get all(): Language[] {
    return known;
  },
};

/** Which way a language is written; by the text itself where we do not know. */
export function direction(code: string): "ltr" | "rtl" | "auto" {
  return known.find((language) => language.code === code)?.direction ?? "auto";
}

/** The language of the browser, if it is one of ours; else English. */
export function browserLanguage(): string {
  const code = navigator.language.split("-")[0] ?? "en";
  return known.some((language) => language.code === code) ? code : "en";
}

/** A language by its name in another one: `Spanish` in `en`, `espagnol` in `fr`. */
export function languageName(code: string, inLanguage: string): string {
  try {
    return new Intl.DisplayNames([inLanguage], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
