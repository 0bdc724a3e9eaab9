import { afterEach, expect, test, vi } from "vitest";
import { ApiError } from "../api/client";
import { choose, chosenFiles, forgetFiles, MAX_FILES, takeFiles, unchoose } from "./uploads.svelte";

type Outcome = { id: string } | ApiError;

const requests = vi.hoisted(() => ({
  uploads: [] as ((outcome: Outcome) => void)[],
  removed: [] as string[],
}));

vi.mock("../api/client", async (original) => ({
  ...(await original<typeof import("../api/client")>()),
  remove: (path: string) => {
    requests.removed.push(path);
    return Promise.resolve();
  },
}));

vi.mock("../api/upload", () => ({
  upload: (_file: File, signal: AbortSignal, report: (part: number) => void) =>
    new Promise((resolve, reject) => {
      report(0.5);
      signal.addEventListener("abort", () => reject(new ApiError(0, "ABORTED", "stopped")));
      requests.uploads.push((outcome) => (outcome instanceof ApiError ? reject(outcome) : resolve(outcome)));
    }),
}));

afterEach(() => {
  forgetFiles();
  requests.uploads = [];
  requests.removed = [];
});

const file = (name: string) => new File(["text"], name);
const states = (talk: string) => chosenFiles(talk).map(({ name, progress, id }) => [name, progress, id]);

test("files are uploaded one after the other, and taken by a message", async () => {
  expect(choose("talk", [file("a"), file("b")])).toBe(true);
  expect(states("talk")).toEqual([
    ["a", 0.5, undefined],
    ["b", 0, undefined],
  ]);
  expect(requests.uploads).toHaveLength(1);
  requests.uploads[0]?.({ id: "1" });
  await vi.waitFor(() => expect(requests.uploads).toHaveLength(2));
  requests.uploads[1]?.({ id: "2" });
  await vi.waitFor(() => expect(chosenFiles("talk").every((one) => one.id)).toBe(true));
  expect(chosenFiles("other")).toEqual([]);
  expect(takeFiles("talk")).toEqual([
    { id: "1", name: "a" },
    { id: "2", name: "b" },
  ]);
  expect(chosenFiles("talk")).toEqual([]);
});

test("a message has a limit", () => {
  const many = Array.from({ length: MAX_FILES + 1 }, (_, number) => file(`${number}`));
  expect(choose("talk", many)).toBe(false);
  expect(chosenFiles("talk")).toHaveLength(MAX_FILES);
});

test("a file can be taken back, before and after it was uploaded", async () => {
  choose("talk", [file("a"), file("b")]);
  const [first, second] = chosenFiles("talk");
  unchoose("talk", first?.key ?? "");
  await vi.waitFor(() => expect(requests.uploads).toHaveLength(2));
  requests.uploads[1]?.({ id: "2" });
  await vi.waitFor(() => expect(states("talk")).toEqual([["b", 1, "2"]]));
  expect(requests.removed).toEqual([]);
  unchoose("talk", second?.key ?? "");
  expect(chosenFiles("talk")).toEqual([]);
  expect(requests.removed).toEqual(["/attachments/2"]);
});

test("what the server refuses is not sent", async () => {
  choose("talk", [file("a")]);
  requests.uploads[0]?.(new ApiError(413, "PAYLOAD_TOO_LARGE", "too large"));
  await vi.waitFor(() => expect(chosenFiles("talk")[0]?.problem).toBe("too large"));
  expect(takeFiles("talk")).toEqual([]);
});
