import { describe, expect, test } from "vitest";
import { qualityOf, servedBest, type Quality } from "./quality";

describe("the quality of a translation", () => {
  test.each<[Quality | undefined, number | undefined, Quality | undefined]>([
    ["rough", undefined, "rough"],
    ["fair", undefined, "fair"],
    ["good", undefined, "good"],
    ["good", 0.1, "good"],
    ["rough", 0.9, "rough"],
    [undefined, undefined, undefined],
    [undefined, 0.49, "rough"],
    [undefined, 0.5, undefined],
    [undefined, 1, undefined],
    [undefined, 0, "rough"],
  ])("grade %s and score %s: %s", (quality, confidenceScore, expected) => {
    expect(qualityOf({ quality, confidenceScore })).toBe(expected);
  });
});

describe("the best that a reader of a language can expect", () => {
  const empty = { good: [], fair: [], rough: [], unknown: [] };
  test.each([
    [{}, "none"],
    [{ rough: ["en"] }, "rough"],
    [{ fair: ["en"], rough: ["fr"] }, "fair"],
    [{ good: ["en"], rough: ["fr"] }, "good"],
    [{ unknown: ["en"], rough: ["fr"] }, "unknown"],
    [{ unknown: ["en"], fair: ["fr"] }, "fair"],
    [{ good: ["en"], unknown: ["fr"] }, "good"],
    [{ unknown: ["en"] }, "unknown"],
    [{ good: ["en"], fair: ["es"], rough: ["fr"], unknown: ["de"] }, "good"],
    [{ fair: ["es", "fr", "pt"] }, "fair"],
  ])("%o: %s", (from, expected) => {
    expect(servedBest({ translatedFrom: { ...empty, ...from } })).toBe(expected);
  });
});
