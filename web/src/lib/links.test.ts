import { expect, test } from "vitest";
import vectors from "../../../crates/domain/vectors/links.json";
import { linked } from "./links";

const hrefs = (text: string) => linked(text).flatMap((part) => part.href ?? []);

test.each(vectors.cases.map(({ text, links }) => ({ text, links: links ?? [] })))(
  "addresses in $text",
  ({ text, links }) => {
    expect(hrefs(text)).toEqual(links);
    expect(
      linked(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  },
);

test.each(["https://a", "https://a(", "https://a(http://b[", "看https://看", "https://a***", "'https://a "])(
  "many of %j take no long time",
  (shape) => {
    const text = shape.repeat(100_000 / shape.length);
    const start = performance.now();
    linked(text);
    expect(performance.now() - start).toBeLessThan(3_000);
  },
);
