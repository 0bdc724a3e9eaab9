import { expect, test } from "vitest";
import { at, within } from "./base";

test("under a path, all URLs start with it", () => {
  expect(at("/c/1", "/chat/")).toBe("/chat/c/1");
  expect(at("/", "/chat/")).toBe("/chat/");
  expect(within("/chat/c/1", "/chat/")).toBe("/c/1");
  expect(within("/chat/", "/chat/")).toBe("/");
  expect(within("/elsewhere", "/chat/")).toBe("/");
});

test("at the root of a host, paths are unchanged", () => {
  expect(at("/c/1")).toBe("/c/1");
  expect(within("/c/1")).toBe("/c/1");
});

test("URLs of other places are unchanged", () => {
  for (const address of ["https://example.org/a.png", "//example.org/a.png", "data:,x", ""])
    expect(at(address, "/chat/")).toBe(address);
});
