import { expect, test } from "vitest";
import type { LanguageSettings } from "./reader";
import vectors from "../../../crates/domain/vectors/reader.json";
import { translation } from "../state/timeline.test-data";
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
  const translations = vector.available.map((language) => translation(language, `in ${language}`));
  const shown = shownText(
    { ...vector.reader, id: "me" },
    {
      content: `in ${vector.originalLanguage}`,
      originalLanguage: vector.originalLanguage,
      translations,
      senderId: vector.byReader ? "me" : "somebody",
      anonymousSenderId: null,
      messageType: vector.bySystem ? "system" : "text",
    },
  );
  expect({ kind: shown.kind, language: shown.language, text: shown.text }).toEqual({
    kind: vector.shown,
    language: vector.language,
    text: `in ${vector.language}`,
  });
});
