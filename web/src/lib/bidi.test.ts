import { describe, expect, test } from "vitest";
import { fileName, isolated, plainName } from "./bidi";

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

test("a name has the order in which it was written, and one line", () => {
  expect(plainName("\u202enimda\u202c")).toBe("nimda");
  expect(plainName("Léa\nadmin")).toBe("Léa admin");
  expect(plainName("محمد علي")).toBe("محمد علي");
  expect(plainName("Nguyễn Thị Ngọc")).toBe("Nguyễn Thị Ngọc");
  expect(plainName("न्‍या")).toBe("न्‍या");
});

test("a name in a sentence does not reach out of its place", () => {
  expect(isolated("\u2068\u202eadmin")).toBe("\u2068admin\u2069");
});
