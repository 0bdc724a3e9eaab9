import { describe, expect, test } from "vitest";
import { ar } from "./ar";
import { en, type Text, type Texts } from "./en";
import { es } from "./es";
import { fr } from "./fr";

const names = (text: Text): string[] => {
  const full = typeof text === "string" ? text : text.other;
  return [...full.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();
};

describe.each([
  ["ar", ar],
  ["es", es],
  ["fr", fr],
])("the texts in %s", (language, texts: Texts) => {
  test.each(Object.entries(en) as [keyof Texts, Text][])("have all that %s names", (key, english) => {
    expect(names(texts[key])).toEqual(names(english));
  });

  test("have the plurals of the language", () => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const missing = Object.entries(texts).filter(
      ([, text]) =>
        typeof text !== "string" &&
        categories.some((category) => category !== "other" && category !== "many" && !(category in text)),
    );
    expect(missing).toEqual([]);
  });
});
