// The languages that people can choose, and how to name them.

import { get } from "../api/client";
import type { Language } from "../api/wire";
import { plain } from "./plain";

let known = $state.raw<Language[]>([]);

/** Reads the table of languages, once. */
export async function loadLanguages(): Promise<void> {
  if (known.length > 0) return;
  const { languages } = await get<{ languages: Language[] }>("/languages");
  known = languages.toSorted((one, other) => one.nativeName.localeCompare(other.nativeName));
}

export const languages = {
  /** All, by their own names. */
  get all(): Language[] {
    return known;
  },
};

/** Which way a language is written; by the text itself where we do not know. */
export function direction(code: string): "ltr" | "rtl" | "auto" {
  return known.find((language) => language.code === code)?.direction ?? "auto";
}

/** The first of the browser's languages that is one of ours; else English. */
export function browserLanguage(): string {
  const codes = navigator.languages.map((tag) => tag.split("-")[0] ?? "");
  return codes.find((code) => known.some((language) => language.code === code)) ?? "en";
}

/** A language by its name in another one: `Spanish` in `en`, `espagnol` in `fr`. */
export function languageName(code: string, inLanguage: string): string {
  try {
    const name = new Intl.DisplayNames([inLanguage], { type: "language", fallback: "none" }).of(code);
    if (name) return name;
  } catch {
    // Not a code that the browser can read.
  }
  return known.find((language) => language.code === code)?.name ?? code;
}

/** The languages whose own name, English name or code has `text` in it, accents aside. */
export function findLanguages(all: readonly Language[], text: string): Language[] {
  const wanted = plain(text.trim());
  return all.filter(({ code, name, nativeName }) =>
    [code, name, nativeName].some((part) => plain(part).includes(wanted)),
  );
}
