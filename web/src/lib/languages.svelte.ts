// The languages that users can choose, and their names.

import { get } from "../api/client";
import type { Language } from "../api/schema";
import { plain } from "./plain";

let known = $state.raw<Language[]>([]);

/** Loads the table of languages, once. */
export async function loadLanguages(): Promise<void> {
  if (known.length > 0) return;
  const { languages } = await get<{ languages: Language[] }>("/languages");
  known = languages.toSorted((one, other) => one.nativeName.localeCompare(other.nativeName));
}

export const languages = {
  /** All languages, sorted by their own names. */
  get all(): Language[] {
    return known;
  },
};

/** The direction of a language; `auto` (from the text) if unknown. */
export function direction(code: string): "ltr" | "rtl" | "auto" {
  return known.find((language) => language.code === code)?.direction ?? "auto";
}

/** The first of the browser's languages that is supported; otherwise English. */
export function browserLanguage(): string {
  const codes = navigator.languages.map((tag) => tag.split("-")[0] ?? "");
  return codes.find((code) => known.some((language) => language.code === code)) ?? "en";
}

/** The name of a language in another one: `Spanish` in `en`, `espagnol` in `fr`. */
export function languageName(code: string, inLanguage: string): string {
  try {
    const name = new Intl.DisplayNames([inLanguage], { type: "language", fallback: "none" }).of(code);
    if (name) return name;
  } catch {
    // The browser does not accept the code.
  }
  return known.find((language) => language.code === code)?.name ?? code;
}

/** The languages whose own name, English name or code contains `text`, ignoring accents. */
export function findLanguages(all: readonly Language[], text: string): Language[] {
  const wanted = plain(text.trim());
  return all.filter(({ code, name, nativeName }) =>
    [code, name, nativeName].some((part) => plain(part).includes(wanted)),
  );
}
