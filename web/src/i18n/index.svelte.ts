// The interface's own language: the one chosen, else the reader's where we have it, else English.

import { load, save } from "../lib/storage";
import { en, type Text, type Texts } from "./en";

const loaders: Record<string, () => Promise<Texts>> = {
  ar: () => import("./ar").then((module) => module.ar),
  es: () => import("./es").then((module) => module.es),
  fr: () => import("./fr").then((module) => module.fr),
};

/** The languages that the interface has. */
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
  /** What was chosen; `null` where it follows the language that one reads. */
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
  // Meanwhile somebody may have chosen again.
  if (wanted !== (choice ?? reading)) return;
  texts = loaded;
  language = loader ? wanted : "en";
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
}

/** A text of the interface, with its `{names}` filled in; `count` also picks the plural. */
export function t(key: keyof Texts, values: Record<string, string | number> = {}): string {
  return form(texts[key], values["count"]).replace(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? ""),
  );
}

function form(text: Text, count: string | number | undefined): string {
  if (typeof text === "string") return text;
  return text[new Intl.PluralRules(language).select(Number(count))] ?? text.other;
}
