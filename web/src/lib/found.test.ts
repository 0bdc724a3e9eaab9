import { describe, expect, test } from "vitest";
import { excerpt, hasAll, marked } from "./found";

/** The text with the found words in brackets. */
const shown = (text: string, searched: string): string =>
  marked(text, searched)
    .map((part) => (part.isFound ? `[${part.text}]` : part.text))
    .join("");

describe("the words of a search", () => {
  test.each([
    ["À l’école, demain", "ECOLE", "À l’[école], demain"],
    ["À l’école, demain", "lecole", "À [l’école], demain"],
    ["À l’e\u0301cole, demain", "école dem", "À l’[e\u0301cole], [dem]ain"],
    ["Straße, STRASSE", "strasse", "[Straße], [STRASSE]"],
    ["ｌｅａ et Léa", "lea", "[ｌｅａ] et [Léa]"],
    ["de l’idée, modeste", "de", "[de] l’idée, modeste"],
    ["今日は天気がいい", "気", "今日は天[気]がいい"],
    ["وَالسَّلَامُ عَلَيْكُمْ", "السلام", "وَ[السَّلَامُ] عَلَيْكُمْ"],
    ["wiederholen", "wieder ederho", "[wiederho]len"],
    ["😀 👩‍👩‍👧 famille", "famille", "😀 👩‍👩‍👧 [famille]"],
    ["<b>bold</b>", "bold", "<b>[bold]</b>"],
    ["nothing", "", "nothing"],
    ["nothing", "other", "nothing"],
  ])("are marked: %s, %s", (text, searched, expected) => {
    expect(shown(text, searched)).toBe(expected);
  });

  test("are all in a text, or not", () => {
    expect(hasAll("À l’école, demain", "dem ECO")).toBe(true);
    expect(hasAll("À l’école, demain", "demain soir")).toBe(false);
    expect(hasAll("école", "co")).toBe(false);
  });
});

describe("an excerpt", () => {
  test("is the whole of a short text", () => {
    expect(excerpt("À l’école, demain", "demain")).toBe("À l’école, demain");
  });

  test("begins a little before the first found word, and has an end", () => {
    const text = `${"avant ".repeat(100)}école ${"après ".repeat(100)}`;
    const shown = excerpt(text, "ecole");
    expect(shown).toMatch(/^…avant (avant )*école après/u);
    expect(shown.indexOf("école")).toBeLessThan(50);
    expect(shown.length).toBeLessThan(310);
    expect(shown.endsWith("…")).toBe(true);
  });

  test("does not cut a character", () => {
    for (const before of ["😀".repeat(60), "e\u0301".repeat(60), "a" + "😀".repeat(60)]) {
      const shown = excerpt(`${before}école${"😀".repeat(300)}`, "ecole");
      expect(shown).not.toMatch(/\p{Surrogate}/u);
      expect(shown).not.toMatch(/^…\p{M}/u);
    }
  });

  test("is the beginning of a text without the words", () => {
    expect(excerpt("mot ".repeat(200), "ecole")).toMatch(/^mot mot .*…$/u);
  });
});
