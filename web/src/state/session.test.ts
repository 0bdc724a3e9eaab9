// Sessions on a device with several tabs.

import { beforeEach, expect, test, vi } from "vitest";
import type { Credentials } from "../api/client";

const { get, post } = vi.hoisted(() => ({ get: vi.fn(), post: vi.fn() }));
vi.mock("../api/client", async (original) => ({ ...(await original<object>()), get, post }));
vi.mock("../i18n/index.svelte", () => ({ useReadingLanguage: () => Promise.resolve() }));

/** A user's token, with a number. */
const token = (userId: string, number: number): string =>
  `x.${btoa(JSON.stringify({ userId, number, exp: Date.now() / 1000 + 3600 }))}.x`;

const kept = (): Credentials | null => JSON.parse(localStorage.getItem("meeshy.session") ?? "null");
const keep = (next: string | null) =>
  next === null
    ? localStorage.removeItem("meeshy.session")
    : localStorage.setItem("meeshy.session", JSON.stringify({ token: next, sessionToken: "s" }));

const lea = { id: "lea", systemLanguage: "fr" };
let tab: Record<string, (event: unknown) => void>;
let reload: ReturnType<typeof vi.fn>;

/** Another tab has changed the session. */
function changed(next: string | null): void {
  keep(next);
  tab["onstorage"]?.({ key: "meeshy.session" });
}

async function signedIn() {
  vi.resetModules();
  const { ApiError } = await import("../api/client");
  const state = await import("./session.svelte");
  keep(token("lea", 1));
  get.mockResolvedValue({ user: lea });
  await state.restore();
  expect(state.session.user).toEqual(lea);
  const refused = () => Promise.reject(new ApiError(401, "AUTH_FAILED", "no"));
  return { ...state, refused };
}

beforeEach(() => {
  vi.useFakeTimers();
  const entries = new Map<string, string>();
  const storage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => {
      entries.set(key, value);
      Object.defineProperty(storage, key, { value, enumerable: true, configurable: true });
    },
    removeItem: (key: string) => {
      entries.delete(key);
      delete (storage as unknown as Record<string, unknown>)[key];
    },
  };
  tab = {};
  reload = vi.fn();
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("window", tab);
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("location", { reload });
  get.mockReset();
  post.mockReset();
});

test("a rejected session has ended, and drafts stay", async () => {
  const { session, renew, refused } = await signedIn();
  localStorage.setItem("meeshy.draft.c.lea", '"half a thought"');
  post.mockImplementation(refused);
  expect(await renew()).toBe(false);
  expect([session.user, session.hasEnded, kept()]).toEqual([null, true, null]);
  expect(localStorage.getItem("meeshy.draft.c.lea")).not.toBeNull();
});

test("an unreachable server does not end the session", async () => {
  const { session, renew } = await signedIn();
  const { ApiError } = await import("../api/client");
  post.mockRejectedValue(new ApiError(0, "OFFLINE", "away"));
  expect(await renew()).toBe(false);
  expect([session.user, session.hasEnded]).toEqual([lea, false]);
});

test("a token renewed by another tab is used, before a request and after a rejection", async () => {
  const { session, renew, refused } = await signedIn();
  keep(token("lea", 2));
  expect(await renew()).toBe(true);
  expect(post).not.toHaveBeenCalled();
  expect(session.credentials?.token).toBe(token("lea", 2));

  // Both asked at the same time, and the other one was first.
  post.mockImplementation(() => {
    keep(token("lea", 3));
    return refused();
  });
  expect(await renew()).toBe(true);
  expect(session.credentials?.token).toBe(token("lea", 3));
  expect(session.hasEnded).toBe(false);
});

test("signing out shows no notice, and leaves nothing behind", async () => {
  const { session, signOut, refused } = await signedIn();
  localStorage.setItem("meeshy.draft.c.lea", '"half a thought"');
  // The session is already gone; that is not reported now.
  post.mockImplementation(refused);
  await signOut();
  expect([session.user, session.hasEnded, kept()]).toEqual([null, false, null]);
  expect(localStorage.getItem("meeshy.draft.c.lea")).toBeNull();
});

test("tabs follow each other", async () => {
  const { session } = await signedIn();
  changed(token("lea", 2));
  expect(session.credentials?.token).toBe(token("lea", 2));
  changed(token("carlos", 1));
  expect(reload).toHaveBeenCalledOnce();
  changed(null);
  expect([session.user, session.hasEnded]).toEqual([null, false]);
});

test("every tab shows that the server ended the session, until somebody signs in", async () => {
  const { session, renew, refused } = await signedIn();
  post.mockImplementation(refused);
  await renew();
  expect(session.hasEnded).toBe(true);

  vi.resetModules();
  const reloaded = await import("./session.svelte");
  await reloaded.restore();
  expect([reloaded.session.user, reloaded.session.hasEnded]).toEqual([null, true]);

  post.mockResolvedValue({ token: token("lea", 2), sessionToken: "s", user: lea });
  await reloaded.signIn("lea", "correct horse", false);
  expect([reloaded.session.user, reloaded.session.hasEnded]).toEqual([lea, false]);
  expect(localStorage.getItem("meeshy.ended")).toBeNull();
});

test("a tab learns from another one that the server ended the session", async () => {
  const { session } = await signedIn();
  localStorage.setItem("meeshy.ended", "true");
  changed(null);
  expect([session.user, session.hasEnded]).toEqual([null, true]);
});
