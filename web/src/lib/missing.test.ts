import { expect, test } from "vitest";
import type { ReasonCode, TranslationState } from "../api/schema";
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

test("each cause is listed once, with its languages", () => {
  const messages = [
    without(1, "th", { state: "unavailable", reasonCode: "no_engine" }),
    without(2, "ja", { state: "unavailable", reasonCode: "no_engine" }),
    without(3, "ja", { state: "unavailable", reasonCode: "of a newer server" as ReasonCode }),
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

test("pending translations are not missing, unless there is no translator", () => {
  const messages = [without(1, "es", { state: "pending" }), without(2, "fr", { state: "pending" })];
  expect(missingTranslations(reader, messages, false)).toEqual([]);
  expect(missingTranslations(reader, messages, true)).toEqual([{ cause: "later", languages: ["es"] }]);
});

test("waiting for a model download is its own cause", () => {
  const messages = [without(1, "es", { state: "pending", reasonCode: "model_downloading" })];
  expect(missingTranslations(reader, messages, false)).toEqual([{ cause: "downloading", languages: ["es"] }]);
  expect(missingTranslations(reader, messages, true)).toEqual([{ cause: "later", languages: ["es"] }]);
});

test("own messages have no missing translations", () => {
  const own = [
    message(1, { senderId: "me", translationStates: [{ targetLanguage: "fr", state: "failed" }] }),
  ];
  expect(missingTranslations(reader, own, true)).toEqual([]);
});
