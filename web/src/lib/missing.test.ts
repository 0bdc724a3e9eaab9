import { expect, test } from "vitest";
import type { TranslationState } from "../api/wire";
import { message } from "../state/timeline.test-data";
import { missingTranslations } from "./missing";

const reader = {
  id: "me",
  systemLanguage: "fr",
  regionalLanguage: null,
  customDestinationLanguage: null,
  autoTranslateEnabled: true,
  translateToSystemLanguage: true,
  translateToRegionalLanguage: false,
  useCustomDestination: false,
};

const without = (
  sequence: number,
  originalLanguage: string,
  state: Omit<TranslationState, "targetLanguage">,
) => message(sequence, { originalLanguage, translationStates: [{ targetLanguage: "fr", ...state }] });

test("each cause is told once, with its languages", () => {
  const messages = [
    without(1, "th", { state: "unavailable", reasonCode: "no_engine" }),
    without(2, "ja", { state: "unavailable", reasonCode: "no_engine" }),
    without(3, "ja", { state: "unavailable", reasonCode: "of a newer server" }),
    without(4, "de", { state: "unavailable", reasonCode: "engine_unusable" }),
    without(5, "es", { state: "failed", reasonCode: "engine_failed" }),
    without(6, "it", { state: "unavailable" }),
  ];
  expect(missingTranslations(reader, messages, false)).toEqual([
    { cause: "none", languages: ["it", "ja", "th"] },
    { cause: "outOfOrder", languages: ["de"] },
    { cause: "failed", languages: ["es"] },
  ]);
});

test("what is under way is not missing, unless nobody translates", () => {
  const messages = [without(1, "es", { state: "pending" }), without(2, "fr", { state: "pending" })];
  expect(missingTranslations(reader, messages, false)).toEqual([]);
  expect(missingTranslations(reader, messages, true)).toEqual([{ cause: "later", languages: ["es"] }]);
});

test("what waits for a model to be downloaded is told of as such", () => {
  const messages = [without(1, "es", { state: "pending", reasonCode: "model_downloading" })];
  expect(missingTranslations(reader, messages, false)).toEqual([{ cause: "downloading", languages: ["es"] }]);
  expect(missingTranslations(reader, messages, true)).toEqual([{ cause: "later", languages: ["es"] }]);
});

test("nobody misses a translation of their own words", () => {
  const own = [
    message(1, { senderId: "me", translationStates: [{ targetLanguage: "fr", state: "failed" }] }),
  ];
  expect(missingTranslations(reader, own, true)).toEqual([]);
});
