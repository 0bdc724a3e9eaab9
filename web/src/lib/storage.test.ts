import { beforeEach, expect, test, vi } from "vitest";
import { forgetPeople, load, personal, save } from "./storage";

/** A minimal browser storage: its entries are its own properties. */
class Kept {
  getItem(key: string): string | null {
    return (this as unknown as Record<string, string>)[key] ?? null;
  }
  setItem(key: string, value: string): void {
    (this as unknown as Record<string, string>)[key] = value;
  }
  removeItem(key: string): void {
    delete (this as unknown as Record<string, string>)[key];
  }
}

beforeEach(() => vi.stubGlobal("localStorage", new Kept()));

const [lea, carlos, talk] = ["0".repeat(23) + "1", "0".repeat(23) + "2", "0".repeat(23) + "3"];

test("personal data is removed, device data stays", () => {
  for (const key of ["theme", "interface", "session", "ended"]) save(key, key);
  save(personal(lea, `draft.${talk}`), "half a word");
  save(personal(lea, "outbox"), []);
  forgetPeople();
  expect(Object.keys(localStorage).sort()).toEqual([
    "meeshy.ended",
    "meeshy.interface",
    "meeshy.session",
    "meeshy.theme",
  ]);
});

test("signing in keeps only the user's own data", () => {
  save(personal(lea, `draft.${talk}`), "of Léa");
  save(personal(carlos, `draft.${talk}`), "of Carlos");
  save(`draft.${talk}`, "of an earlier version");
  save("originals", {});
  localStorage.setItem("another page's", "1");
  forgetPeople(carlos);
  expect(Object.keys(localStorage).sort()).toEqual(["another page's", `meeshy.draft.${talk}.${carlos}`]);
  expect(load(personal(carlos, `draft.${talk}`), "")).toBe("of Carlos");
});

test("a browser without storage is no problem", () => {
  vi.stubGlobal("localStorage", undefined);
  expect(save("theme", "dark")).toBe(false);
  expect(load("theme", "system")).toBe("system");
  forgetPeople();
});
