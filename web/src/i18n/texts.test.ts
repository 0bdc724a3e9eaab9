import { describe, expect, test } from "vitest";
import { ar } from "./ar";
import { en, type Text, type Texts } from "./en";
import { es } from "./es";
import { fr } from "./fr";

/** The placeholders of each text. */
const names = (texts: Texts) =>
  Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key,
      [...whole(text).matchAll(/\{\w+\}/g)].map(String).sort(),
    ]),
  );

const whole = (text: Text): string => (typeof text === "string" ? text : text.other);

describe.each([
  ["ar", ar],
  ["es", es],
  ["fr", fr],
])("the texts in %s", (language, texts: Texts) => {
  test("have the same placeholders as the English ones", () => {
    expect(names(texts)).toEqual(names(en));
  });

  test("have all plural forms of the language, except for fractions and millions", () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const rare = language === "ar" ? ["other"] : ["many", "other"];
    for (const text of Object.values(texts)) {
      if (typeof text !== "string")
        expect(Object.keys(text)).toEqual(
          expect.arrayContaining(needed.filter((form) => !rare.includes(form))),
        );
    }
  });
});
