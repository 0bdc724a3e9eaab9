import { expect, test } from "vitest";
import vectors from "../../../crates/domain/vectors/reader.json";
import { shownText } from "./reader";

test.each(vectors.cases)("$name", (vector) => {
  const translations = vector.available.map((language) => ({
    messageId: "m",
    revision: 1,
    targetLanguage: language,
    translatedContent: `in ${language}`,
  }));
  const shown = shownText(vector.reader, {
    content: `in ${vector.originalLanguage}`,
    originalLanguage: vector.originalLanguage,
    translations,
  });
  expect({ kind: shown.kind, language: shown.language, text: shown.text }).toEqual({
    kind: vector.shown,
    language: vector.language,
    text: `in ${vector.language}`,
  });
});
