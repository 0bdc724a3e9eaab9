// The interface's own language: the reader's where we have it, else English.

import { en, type Texts } from "./en";

const loaders: Record<string, () => Promise<Texts>> = {
  fr: () => import("./fr").then((module) => module.fr),
  es: () => import("./es").then((module) => module.es),
};

let texts = $state<Texts>(en);
let language = $state("en");

/** Which languages the interface has. */
export const interfaceLanguage = {
  get code(): string {
    return language;
  },
};

export async function useInterfaceLanguage(code: string): Promise<void> {
  const load = loaders[code];
  texts = load ? await load() : en;
  language = load ? code : "en";
  document.documentElement.lang = language;
}

/** A text of the interface, with its `{names}` filled in. */
export function t(key: keyof Texts, values: Record<string, string | number> = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
