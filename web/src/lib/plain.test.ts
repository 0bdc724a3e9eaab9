import { expect, test } from "vitest";
import { folded, plain } from "./plain";

test.each([
  ["Céline", "celine"],
  ["Ce\u0301line", "CELINE"],
  ["Weiß", "WEISS"],
  ["Щукин", "щукин"],
  ["ﬁn", "FIN"],
  ["ｌｅａ", "lea"],
  ["ΓΙΏΡΓΟΣ", "Γιώργος"],
  ["Øyvind", "oyvind"],
  ["İstanbul", "istanbul"],
  ["ısa", "isa"],
  ["O’Neill", "ONeill"],
  ["مُحَمَّد", "محمد"],
  ["کریمی", "كريمي"],
  ["Ga\u0140la", "Gal·la"],
  ["Gal·la", "galla"],
  ["ｶﾞ", "ガ"],
  ["le\u200ba", "lea"],
])("%s is found as %s", (one, other) => {
  expect(plain(one)).toBe(plain(other));
});

test("marks that are vowels, or another kana, count", () => {
  expect(plain("वि")).not.toBe(plain("वु"));
  expect(plain("か")).not.toBe(plain("が"));
});

test("what is folded is known by its place in the text", () => {
  const text = "À l’e\u0301cole";
  const { text: found, starts, ends } = folded(text);
  const at = found.indexOf("lecole");
  expect(text.slice(starts[at], ends[at + "lecole".length - 1])).toBe("l’e\u0301cole");
});
