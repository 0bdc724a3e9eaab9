import { beforeEach, describe, expect, test, vi } from "vitest";

const { get, post, remove } = vi.hoisted(() => ({ get: vi.fn(), post: vi.fn(), remove: vi.fn() }));
vi.mock("../api/client", () => ({ get, post, remove }));

const { glossaryChanged, glossaryChanges, glossaryOf } = await import("./glossary.svelte");

const sprint = { id: "t", term: "sprint", language: null, translation: null };

/** What the server has. */
let stored: { terms: object[]; proposals: object[]; canPropose: boolean; canDecide: boolean };

beforeEach(() => {
  stored = { terms: [], proposals: [], canPropose: true, canDecide: true };
  get
    .mockReset()
    .mockImplementation((path: string) =>
      Promise.resolve(path.endsWith("/proposals") ? { ...stored } : stored.terms),
    );
  post.mockReset().mockImplementation((path: string) => {
    if (path.endsWith("/accept")) stored = { ...stored, terms: [sprint], proposals: [] };
    else if (path.endsWith("/proposals")) stored = { ...stored, proposals: [sprint] };
    return Promise.resolve(sprint);
  });
  remove.mockReset().mockImplementation(() => {
    stored = { ...stored, terms: [], proposals: [] };
    return Promise.resolve({ removed: true });
  });
});

describe("a glossary", () => {
  test("shows what was proposed, accepted and removed", async () => {
    const glossary = glossaryOf("room");
    expect([glossary.isLoaded, glossary.canPropose, glossary.canDecide]).toEqual([false, false, false]);
    await glossary.load();
    expect([glossary.isLoaded, glossary.canPropose, glossary.canDecide]).toEqual([true, true, true]);
    await glossary.propose({ term: "sprint" });
    expect(glossary.proposals.map((proposal) => proposal.term)).toEqual(["sprint"]);
    await glossary.accept("t");
    expect([glossary.terms.length, glossary.proposals.length]).toEqual([1, 0]);
    await glossary.removeTerm("t");
    expect(glossary.terms).toEqual([]);
    expect(post.mock.calls.map(([path]) => path)).toEqual([
      "/conversations/room/glossary/proposals",
      "/conversations/room/glossary/proposals/t/accept",
    ]);
    expect(remove.mock.calls).toEqual([["/conversations/room/glossary/t"]]);
  });

  test("does not go back to an answer that a later one has overtaken", async () => {
    const glossary = glossaryOf("room");
    let late = (_: object[]) => {};
    get.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
    const first = glossary.load();
    stored = { ...stored, terms: [sprint] };
    await glossary.load();
    late([]);
    await first;
    expect(glossary.terms).toEqual([sprint]);
  });

  test("continues with older messages", async () => {
    const glossary = glossaryOf("room");
    await glossary.retranslate("t", null);
    await glossary.retranslate("t", 7);
    expect(post.mock.calls.map(([, body]) => body)).toEqual([{}, { before: 7 }]);
  });

  test("tells of each change, also of the same conversation", () => {
    glossaryChanged({ conversationId: "room" });
    const first = glossaryChanges.last;
    glossaryChanged({ conversationId: "room" });
    expect(glossaryChanges.last).toEqual(first);
    expect(glossaryChanges.last).not.toBe(first);
  });
});
