import { expect, test } from "vitest";
import { isOpen } from "./share-links";

test("links close when they are turned off, have expired or are used up", () => {
  const link = { isActive: true, expiresAt: null, maxUses: null, currentUses: 7 };
  const now = Date.parse("2026-01-15T12:00:00.000Z");
  expect(isOpen(link, now)).toBe(true);
  expect(isOpen({ ...link, maxUses: 8, expiresAt: "2026-01-15T12:00:00.001Z" }, now)).toBe(true);
  expect(isOpen({ ...link, isActive: false }, now)).toBe(false);
  expect(isOpen({ ...link, expiresAt: "2026-01-15T12:00:00.000Z" }, now)).toBe(false);
  expect(isOpen({ ...link, maxUses: 7 }, now)).toBe(false);
});
