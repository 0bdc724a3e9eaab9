import { beforeEach, describe, expect, test, vi } from "vitest";
import type { FriendRequest } from "../api/schema";

const { getPage, patch, post, remove } = vi.hoisted(() => ({
  getPage: vi.fn(),
  patch: vi.fn(),
  post: vi.fn(),
  remove: vi.fn(),
}));
vi.mock("../api/client", () => ({ getPage, patch, post, remove }));

const list = await import("./friends.svelte");
const { friends } = list;

const ME = "me";
const request = (id: string, senderId: string, receiverId: string, status: string) =>
  ({ id, senderId, receiverId, status }) as FriendRequest;
const page = (data: FriendRequest[], hasMore = false) => ({ data, hasMore, next: null });

beforeEach(() => {
  for (const call of [getPage, patch, post, remove]) call.mockReset();
  list.forgetFriends();
});

describe("friend requests", () => {
  test("are divided by what the reader can do with them", async () => {
    getPage.mockResolvedValue(
      page([
        request("1", ME, "a", "pending"),
        request("2", "b", ME, "pending"),
        request("3", "c", ME, "accepted"),
        request("4", ME, "d", "rejected"),
      ]),
    );
    await list.loadFriends();
    const ids = (requests: FriendRequest[]) => requests.map((each) => each.id);
    expect([ids(friends.sent(ME)), ids(friends.received(ME)), ids(friends.accepted)]).toEqual([
      ["1"],
      ["2"],
      ["3"],
    ]);
    const relations = ["a", "b", "c", "d", "e"].map((other) => list.relationOf(friends.with(ME, other), ME));
    expect(relations).toEqual(["asked", "asksMe", "friend", "none", "none"]);
  });

  test("are read again after a change, but not before somebody has looked at them", async () => {
    list.friendRequestUpdated();
    expect(getPage).not.toHaveBeenCalled();
    getPage.mockResolvedValue(page([]));
    await list.askToBeFriends("a");
    expect([post.mock.calls.length, getPage.mock.calls.length]).toEqual([1, 1]);
    list.friendRequestUpdated();
    expect(getPage).toHaveBeenCalledTimes(2);
  });

  test("of a further page are added once", async () => {
    getPage
      .mockResolvedValueOnce(page([request("2", ME, "a", "accepted")], true))
      .mockResolvedValueOnce(page([request("2", ME, "a", "accepted"), request("1", ME, "b", "accepted")]));
    await list.loadFriends();
    expect(friends.hasMore).toBe(true);
    await list.loadMoreFriends();
    expect(friends.accepted.map((each) => each.id)).toEqual(["2", "1"]);
    expect(friends.hasMore).toBe(false);
  });
});
