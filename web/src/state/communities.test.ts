import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Community } from "../api/schema";

const { get, getPage, post, remove } = vi.hoisted(() => ({
  get: vi.fn(),
  getPage: vi.fn(),
  post: vi.fn(),
  remove: vi.fn(),
}));
vi.mock("../api/client", () => ({ get, getPage, post, remove }));

const { mayInvite, ownCommunities, publicCommunities } = await import("./communities.svelte");

const page = (ids: string[], hasMore: boolean) => ({ data: ids.map((id) => ({ id })), hasMore, next: null });

beforeEach(() => getPage.mockReset());

describe("a list of communities", () => {
  test("goes on where it ended, and shows each of them once", async () => {
    const list = ownCommunities();
    getPage.mockResolvedValueOnce(page(["1", "2"], true)).mockResolvedValueOnce(page(["2", "3"], false));
    await list.reload();
    expect(list.hasMore).toBe(true);
    await list.loadMore();
    expect(list.shown.map((community) => community.id)).toEqual(["1", "2", "3"]);
    expect(list.hasMore).toBe(false);
    expect(getPage.mock.calls.flat()).toEqual([
      "/communities?limit=20&offset=0",
      "/communities?limit=20&offset=20",
    ]);
  });

  test("is searched for what was typed", async () => {
    getPage.mockResolvedValue(page([], false));
    await publicCommunities(" thé & co ").reload();
    expect(getPage).toHaveBeenCalledWith("/communities/search?q=th%C3%A9%20%26%20co&limit=20&offset=0");
  });
});

test("moderators and the creator may invite", () => {
  const community = (currentUserRole: Community["currentUserRole"]) =>
    ({ createdBy: "lea", currentUserRole }) as Community;
  expect(mayInvite(community(null), "lea")).toBe(true);
  expect(mayInvite(community("moderator"), "carlos")).toBe(true);
  expect(mayInvite(community("member"), "carlos")).toBe(false);
  expect(mayInvite(community(null), "carlos")).toBe(false);
});
