import { beforeEach, expect, test } from "vitest";
import { advance, forget, learn, learnFirst, numberOf } from "./event-numbers";

beforeEach(forget);

test("events advance a conversation one by one, and a gap is noticed", () => {
  learnFirst("c", 4);
  expect([advance("c", 5), advance("c", 5), advance("c", 3)]).toEqual([false, false, false]);
  expect(numberOf("c")).toBe(5);
  expect(advance("c", 7)).toBe(true);
  expect(numberOf("c")).toBe(5);
  learn("c", 7);
  expect(advance("c", 8)).toBe(false);
});

test("a later list does not hide what is missing", () => {
  learnFirst("c", 4);
  learnFirst("c", 9);
  expect(numberOf("c")).toBe(4);
});

test("of a conversation that is not known nothing is missing", () => {
  expect(advance("c", 9)).toBe(false);
  expect(numberOf("c")).toBeUndefined();
});
