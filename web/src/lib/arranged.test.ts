import { expect, test } from "vitest";
import { arranged, isMuted } from "./arranged";

const preferences = { isPinned: false, isMuted: false, isArchived: false, isDeletedForUser: false };
const conversation = (id: string, preferred?: Partial<typeof preferences>) => ({
  id,
  userPreferences: preferred ? [{ ...preferences, customName: null, reaction: null, ...preferred }] : [],
});
const ids = (list: { id: string }[]) => list.map(({ id }) => id).join("");

test("pinned conversations come first, and archived ones only on request", () => {
  const all = [
    conversation("a"),
    conversation("b", { isArchived: true }),
    conversation("c", { isPinned: true }),
    conversation("d", { isMuted: true }),
    conversation("e", { isPinned: true, isArchived: true }),
  ];
  expect(ids(arranged(all, false))).toBe("cad");
  expect(ids(arranged(all, true))).toBe("ceabd");
  expect(all.filter(isMuted).map(({ id }) => id)).toEqual(["d"]);
});
