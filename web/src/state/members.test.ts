import { beforeEach, describe, expect, test, vi } from "vitest";

const { getPage } = vi.hoisted(() => ({ getPage: vi.fn() }));
vi.mock("../api/client", () => ({ getPage }));

const { membersOf } = await import("./members.svelte");

const page = (ids: string[], next: string | null) => ({
  data: ids.map((id) => ({ id })),
  hasMore: next !== null,
  next,
});

beforeEach(() => getPage.mockReset());

describe("the members of a conversation", () => {
  const ids = (list: ReturnType<typeof membersOf>) => list.shown.map((member) => member.id);

  test("are loaded page by page, until there are no more", async () => {
    getPage.mockResolvedValueOnce(page(["a", "b"], "b")).mockResolvedValueOnce(page(["c"], null));
    const list = membersOf("room");
    expect([list.hasMore, list.isLoaded]).toEqual([true, false]);
    await list.loadMore();
    expect([ids(list), list.hasMore]).toEqual([["a", "b"], true]);
    await list.loadMore();
    await list.loadMore();
    expect([ids(list), list.hasMore]).toEqual([["a", "b", "c"], false]);
    expect(getPage.mock.calls).toEqual([
      ["/conversations/room/participants"],
      ["/conversations/room/participants?after=b"],
    ]);
  });

  test("are loaded once by two impatient presses", async () => {
    getPage.mockResolvedValue(page(["a"], "a"));
    const list = membersOf("room");
    await Promise.all([list.loadMore(), list.loadMore()]);
    expect([ids(list), getPage.mock.calls.length]).toEqual([["a"], 1]);
  });

  test("stay after a failure, and the same page can be loaded again", async () => {
    getPage
      .mockResolvedValueOnce(page(["a"], "a"))
      .mockRejectedValueOnce(new Error("offline"))
      .mockResolvedValueOnce(page(["b"], null));
    const list = membersOf("room");
    await list.loadMore();
    await expect(list.loadMore()).rejects.toThrow("offline");
    expect([ids(list), list.hasMore]).toEqual([["a"], true]);
    await list.loadMore();
    expect(ids(list)).toEqual(["a", "b"]);
  });
});
