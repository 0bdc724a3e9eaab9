// The interface language: the selected one, otherwise the reading language if supported, otherwise English.

import { load, save } from "../lib/storage";
import { en, type Text, type Texts } from "./en";

const loaders: Record<string, () => Promise<Texts>> = {
  ar: () => import("./ar").then((module) => module.ar),
  es: () => import("./es").then((module) => module.es),
  fr: () => import("./fr").then((module) => module.fr),
};

/** The supported interface languages. */
export const interfaceLanguages = ["en", ...Object.keys(loaders)];

const RIGHT_TO_LEFT = ["ar"];

let texts = $state.raw<Texts>(en);
let language = $state("en");
let choice = $state<string | null>(load("interface", null));
let reading = "en";

export const interfaceLanguage = {
  get code(): string {
    return language;
  },
  /** The selected language; `null` to follow the reading language. */
  get choice(): string | null {
    return choice;
  },
};

export async function chooseInterfaceLanguage(code: string | null): Promise<void> {
  choice = code;
  save("interface", code);
  await apply();
}

export async function useReadingLanguage(code: string): Promise<void> {
  reading = code;
  await apply();
}

async function apply(): Promise<void> {
  const wanted = choice ?? reading;
  const loader = loaders[wanted];
  const loaded = loader ? await loader() : en;
  // The selection may have changed in the meantime.
  if (wanted !== (choice ?? reading)) return;
  texts = loaded;
  language = loader ? wanted : "en";
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
}

/** A text of the interface with its `{names}` filled in; `count` also selects the plural form. */
export function t(key: keyof Texts, values: Record<string, string | number> = {}): string {
  return form(texts[key], values["count"]).replace(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? ""),
  );
}

function form(text: Text, count: string | number | undefined): string {
  if (typeof text === "string") return text;
  return text[new Intl.PluralRules(language).select(Number(count))] ?? text.other;
}
