import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Reader } from "../lib/reader";
import { conceal, forgetRevealed, reveal } from "./concealed.svelte";
import { excerptOf, originalExcerptOf } from "./excerpt";
import { foundExcerpt } from "./found-excerpt";
import { message, translation } from "./timeline.test-data";

const reader = {
  id: "me",
  systemLanguage: "fr",
  autoTranslateEnabled: true,
  translateToSystemLanguage: true,
} as Reader;
const secret = { content: "4711 hola", translations: [translation("fr", "4711 bonjour")] };
const EXPIRES = "2026-01-15T13:00:00Z";

const shown = (...[sequence, extra]: Parameters<typeof message>) =>
  excerptOf(reader, message(sequence, extra)).text;

beforeEach(() => {
  forgetRevealed();
  vi.useFakeTimers({ now: Date.parse(EXPIRES) - 1 });
});
afterEach(() => vi.useRealTimers());

describe("the short form of a message", () => {
  test("is its text in the language of the reader", () => {
    expect(excerptOf(reader, message(1, secret))).toMatchObject({ text: "4711 bonjour", lang: "fr" });
    expect(originalExcerptOf(reader, message(1, secret))).toMatchObject({ text: "4711 hola", lang: "es" });
  });

  test("does not contain a blurred text, in no language, until it is revealed", () => {
    const blurred = message(1, { ...secret, isBlurred: true });
    for (const excerpt of [excerptOf, originalExcerptOf])
      expect(excerpt(reader, blurred)).toEqual({ text: "Blurred message" });
    expect(foundExcerpt(reader, blurred, "4711").parts).toEqual([
      { text: "Blurred message", isFound: false },
    ]);
    reveal("m1");
    expect(excerptOf(reader, blurred).text).toBe("4711 bonjour");
    expect(shown(2, { ...secret, isBlurred: true }), "others stay hidden").toBe("Blurred message");
    forgetRevealed();
    expect(excerptOf(reader, blurred).text).toBe("Blurred message");
  });

  test("never contains a text that may be viewed only once, not even for its author", () => {
    reveal("m1");
    for (const senderId of ["u", "me"])
      expect(shown(1, { ...secret, isViewOnce: true, isBlurred: true, senderId })).toBe("View-once message");
  });

  test("contains a text until it expires", () => {
    const expiring = message(1, { ...secret, expiresAt: EXPIRES });
    expect(excerptOf(reader, expiring).text).toBe("4711 bonjour");
    vi.setSystemTime(Date.parse(EXPIRES));
    reveal("m1");
    expect(excerptOf(reader, expiring).text).toBe("Expired message");
    expect(conceal(expiring)).toBe("expired");
  });

  test("says what has happened, for a system message", () => {
    const metadata = { event: "left" as const, actor: { userId: "u", displayName: "Léa" } };
    const left = { ...message(1, { messageType: "system", content: "x" }), metadata };
    expect(excerptOf(reader, left)).toEqual({ text: "\u2068Léa\u2069 left" });
    const old = message(1, { messageType: "system", content: "Léa a rejoint", originalLanguage: "fr" });
    expect(excerptOf(reader, old)).toMatchObject({ text: "Léa a rejoint", lang: "fr" });
  });
});

describe("the short form of a found message", () => {
  const words = (searched: string) => {
    const { parts, lang } = foundExcerpt(reader, message(1, secret), searched);
    return { lang, found: parts.filter((part) => part.isFound).map((part) => part.text) };
  };

  test("is in the language of the reader, if the words are there", () => {
    expect(words("BONJOUR")).toEqual({ lang: "fr", found: ["bonjour"] });
  });

  test("is the text in which the words are", () => {
    expect(words("hola")).toEqual({ lang: "es", found: ["hola"] });
  });

  test("is in the language of the reader if the words are nowhere", () => {
    expect(words("adios")).toEqual({ lang: "fr", found: [] });
  });
});
