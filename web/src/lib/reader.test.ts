import { expect, test } from "vitest";
import type { LanguageSettings } from "../api/wire";
import vectors from "../../../crates/domain/vectors/reader.json";
import { shownText } from "./reader";

interface Case {
  name: string;
  reader: LanguageSettings;
  originalLanguage: string;
  byReader?: boolean;
  bySystem?: boolean;
  available: string[];
  shown: string;
  language: string;
}

test.each(vectors.cases as Case[])("$name", (vector) => {
  const translations = vector.available.map((language) => ({
    messageId: "m",
    revision: 1,
    targetLanguage: language,
    translatedContent: `in ${language}`,
  }));
  const shown = shownText(
    { ...vector.reader, id: "me" },
    {
      content: `in ${vector.originalLanguage}`,
      originalLanguage: vector.originalLanguage,
      translations,
      senderId: vector.byReader ? "me" : "somebody",
      messageType: vector.bySystem ? "system" : "text",
    },
  );
  expect({ kind: shown.kind, language: shown.language, text: shown.text }).toEqual({
    kind: vector.shown,
    language: vector.language,
    text: `in ${vector.language}`,
  });
});
