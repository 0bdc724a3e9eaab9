import { expect, test } from "vitest";
import { linked } from "./links";

const hrefs = (text: string) => linked(text).flatMap((part) => part.href ?? []);

test.each([
  ["see https://example.org/a?b=c, please", ["https://example.org/a?b=c"]],
  ["(https://example.org/mar).", ["https://example.org/mar"]],
  [
    "https://example.org/sea_(water) and http://example.net",
    ["https://example.org/sea_(water)", "http://example.net"],
  ],
  ["javascript:alert(1) is no address", []],
  ["", []],
])("addresses in %j", (text, expected) => {
  expect(hrefs(text)).toEqual(expected);
  expect(
    linked(text)
      .map((part) => part.text)
      .join(""),
  ).toBe(text);
});
