import { describe, expect, test } from "vitest";
import { isComposing, type KeyPress, mayBeCommand, mayBeShortcut, sends } from "./keys";

/** A focused element that matches one of these selectors. */
const focused = (...kinds: string[]) => ({
  closest: (selector: string) => (selector.split(", ").some((part) => kinds.includes(part)) ? {} : null),
});

const press = (key: string, changes: Partial<KeyPress> = {}): KeyPress => ({
  key,
  keyCode: 0,
  isComposing: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  defaultPrevented: false,
  target: focused("article"),
  ...changes,
});

describe("a key alone", () => {
  test("may be a shortcut on a message, and on the page", () => {
    expect(mayBeShortcut(press("t"), false)).toBe(true);
    expect(mayBeShortcut(press("?", { target: null }), false)).toBe(true);
    expect(mayBeShortcut(press("?", { shiftKey: true }), false)).toBe(true);
  });

  test.each([
    "input",
    "textarea",
    "select",
    "dialog",
    "[contenteditable]:not([contenteditable='false'])",
    "[role='textbox']",
    "[role='combobox']",
    "audio",
  ])("is none in %s", (kind) => {
    expect(mayBeShortcut(press("t", { target: focused(kind) }), false)).toBe(false);
  });

  test("is not a shortcut under a dialog, in a composition, with a modifier, or when already handled", () => {
    expect(mayBeShortcut(press("t"), true)).toBe(false);
    expect(mayBeShortcut(press("t", { isComposing: true }), false)).toBe(false);
    expect(mayBeShortcut(press("Process", { keyCode: 229 }), false)).toBe(false);
    for (const modifier of ["ctrlKey", "metaKey", "altKey"])
      expect(mayBeShortcut(press("t", { [modifier]: true }), false)).toBe(false);
    expect(mayBeShortcut(press("t", { defaultPrevented: true }), false)).toBe(false);
  });
});

test("a command works while typing, but not under a dialog or in a composition", () => {
  const find = { ctrlKey: true, target: focused("textarea") };
  expect(mayBeCommand(press("k", find), false)).toBe(true);
  expect(mayBeCommand(press("k", find), true)).toBe(false);
  expect(mayBeCommand(press("k", { ...find, isComposing: true }), false)).toBe(false);
});

describe("Enter", () => {
  test("sends on a keyboard, and inserts a line break with Shift", () => {
    expect(sends(press("Enter"), false)).toBe(true);
    expect(sends(press("Enter", { shiftKey: true }), false)).toBe(false);
    expect(sends(press("x"), false)).toBe(false);
  });

  test("inserts a line break on a touch screen, where Ctrl+Enter sends", () => {
    expect(sends(press("Enter"), true)).toBe(false);
    expect(sends(press("Enter", { ctrlKey: true }), true)).toBe(true);
    expect(sends(press("Enter", { metaKey: true }), true)).toBe(true);
  });

  test("that ends a composition sends nothing, in Safari as elsewhere", () => {
    expect(sends(press("Enter", { isComposing: true }), false)).toBe(false);
    expect(sends(press("Enter", { keyCode: 229 }), false)).toBe(false);
    expect(sends(press("Enter", { keyCode: 13 }), false)).toBe(true);
    expect(isComposing(press("Enter", { keyCode: 229 }))).toBe(true);
  });
});
