import { describe, expect, test } from "vitest";
import { SPAN, around, earlier, later, span, type SpanEnd } from "./window";

const timeline = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ sequence: from + index }));
const ends = (messages: { sequence: number }[]) => [messages[0]?.sequence, messages.at(-1)?.sequence];

describe("a span", () => {
  test("ends with the timeline at first, and follows it", () => {
    expect(ends(span(timeline(1, 1000), null))).toEqual([1001 - SPAN, 1000]);
    expect(ends(span(timeline(1, 1001), null))).toEqual([1002 - SPAN, 1001]);
  });

  test("does not move when messages are added on either side", () => {
    const end = earlier(timeline(500, 1000), null);
    const before = ends(span(timeline(500, 1000), end));
    expect(ends(span(timeline(450, 1010), end))).toEqual(before);
  });

  test("reaches both ends in steps, always at full length", () => {
    const messages = timeline(1, 1000);
    let end: SpanEnd = null;
    for (let step = 0; step < 100; step++) {
      end = earlier(messages, end);
      expect(span(messages, end)).toHaveLength(SPAN);
    }
    expect(ends(span(messages, end))).toEqual([1, SPAN]);
    for (let step = 0; step < 100; step++) end = later(messages, end);
    expect(end).toBeNull();
  });

  test("does not move in a short timeline", () => {
    expect(earlier(timeline(1, 20), null)).toBeNull();
    expect(later(timeline(1, 20), null)).toBeNull();
  });

  test("can be placed around a message", () => {
    const messages = timeline(1, 1000);
    const shown = span(messages, around(messages, 400));
    expect(shown.some((message) => message.sequence === 400)).toBe(true);
    expect(around(messages, 990)).toBeNull();
  });
});
