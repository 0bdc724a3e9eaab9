import { describe, expect, test } from "vitest";
import { fileName, isolated, plainName, plainText } from "./bidi";

describe("the name of a file", () => {
  test.each([
    ["photo.jpg", "photo", ".jpg"],
    ["photo_\u202egpj.exe", "photo_\ufffdgpj", ".exe"],
    ["\u2067photo\u2069.\u202eexe", "\ufffdphoto\ufffd", ".\ufffdexe"],
    ["תמונה.jpg.exe", "תמונה.jpg", ".exe"],
    ["two\nlines.txt", "two\ufffdlines", ".txt"],
    ["archive.tar.gz", "archive.tar", ".gz"],
    [".profile", ".profile", ""],
    ["README", "README", ""],
    ["", "", ""],
    ["Mr. Smith", "Mr. Smith", ""],
  ])("%j keeps its ending at the end", (name, stem, ending) => {
    expect(fileName(name)).toEqual({ stem, ending });
  });
});

test("a name keeps its order, on one line", () => {
  expect(plainName("\u202enimda\u202c")).toBe("nimda");
  expect(plainName("Léa\nadmin")).toBe("Léa admin");
  expect(plainName("محمد علي")).toBe("محمد علي");
  expect(plainName("Nguyễn Thị Ngọc")).toBe("Nguyễn Thị Ngọc");
  expect(plainName("न्‍या")).toBe("न्‍या");
});

test("a name does not affect the sentence around it", () => {
  expect(isolated("\u2068\u202eadmin")).toBe("\u2068admin\u2069");
});

describe("the text of a message", () => {
  test.each([
    ["see \u202egpj.exe", "see \ufffdgpj.exe"],
    ["\u202dabc\u202c שלום", "\ufffdabc שלום"],
    ["\u202eevil\u202c\n\u202d", "\ufffdevil\n\ufffd"],
    ["\u2067שלום\u2069, \u202aabc\u202c", "\u2067שלום\u2069, \u202aabc\u202c"],
    ["\u2067\u202aabc", "\u2067\u202aabc\u202c\u2069"],
    ["\u2067abc\ndef", "\u2067abc\u2069\ndef"],
    ["a\u2069\u202cb", "ab"],
    ["\u2067\u202aabc\u2069d\u202c", "\u2067\u202aabc\u202c\u2069d"],
    ["\u202a\u2067abc\u202cd", "\u202a\u2067abcd\u2069\u202c"],
    ["مرحبا\u200f!\u200e", "مرحبا\u200f!\u200e"],
  ])("%j has the order in which it was written", (text, shown) => {
    expect(plainText(text)).toBe(shown);
  });

  test("limits the nesting", () => {
    expect(plainText("\u2067".repeat(1000))).toBe("\u2067".repeat(125) + "\u2069".repeat(125));
  });
});
