// Friends and friend requests: the caller's list, read again whenever the server says that it has changed.

import { getPage, patch, post, remove } from "../api/client";
import type { FriendRequest, FoundUser } from "../api/schema";

/** What somebody is to the reader of this page. */
export type Relation = "none" | "friend" | "asked" | "asksMe";

const PAGE = 100;

let requests = $state.raw<FriendRequest[]>([]);
let isLoaded = $state(false);
let hasMore = $state(false);

export const friends = {
  get isLoaded(): boolean {
    return isLoaded;
  },
  get hasMore(): boolean {
    return hasMore;
  },
  /** The newest first. */
  get accepted(): FriendRequest[] {
    return requests.filter((request) => request.status === "accepted");
  },
  /** Those that wait for the reader's answer. */
  received: (me: string): FriendRequest[] => pending().filter((request) => request.receiverId === me),
  /** Those that the reader has sent and that have no answer. */
  sent: (me: string): FriendRequest[] => pending().filter((request) => request.senderId === me),
  /** The request that says what the two are to each other, if there is one. */
  with: (me: string, other: string): FriendRequest | undefined =>
    requests.find(
      (request) =>
        (request.status === "accepted" || request.status === "pending") && otherId(request, me) === other,
    ),
};

const pending = (): FriendRequest[] => requests.filter((request) => request.status === "pending");

const otherId = (request: FriendRequest, me: string): string =>
  request.senderId === me ? request.receiverId : request.senderId;

/** The other of the two. */
export const otherOf = (request: FriendRequest, me: string): FoundUser | undefined =>
  request.senderId === me ? request.receiver : request.sender;

export function relationOf(request: FriendRequest | undefined, me: string): Relation {
  if (!request) return "none";
  if (request.status === "accepted") return "friend";
  return request.senderId === me ? "asked" : "asksMe";
}

/** Reads the list from its start. */
export async function loadFriends(): Promise<void> {
  const page = await getPage<FriendRequest[]>(`/users/friend-requests?limit=${PAGE}`);
  [requests, hasMore, isLoaded] = [page.data, page.hasMore, true];
}

export async function loadMoreFriends(): Promise<void> {
  const path = `/users/friend-requests?limit=${PAGE}&offset=${requests.length}`;
  const page = await getPage<FriendRequest[]>(path);
  const known = new Set(requests.map((request) => request.id));
  requests = [...requests, ...page.data.filter((request) => !known.has(request.id))];
  hasMore = page.hasMore;
}

/** The server says that a request has changed: what was never read does not matter yet. */
export function friendRequestUpdated(): void {
  if (isLoaded) void loadFriends().catch(() => {});
}

/** Another user signs in. */
export function forgetFriends(): void {
  [requests, hasMore, isLoaded] = [[], false, false];
}

export async function askToBeFriends(receiverId: string): Promise<void> {
  await post("/users/friend-requests", { receiverId });
  await loadFriends();
}

export async function answerRequest(
  request: FriendRequest,
  action: "accept" | "reject" | "cancel",
): Promise<void> {
  await patch(`/users/friend-requests/${request.id}`, { action });
  await loadFriends();
}

export async function endFriendship(request: FriendRequest): Promise<void> {
  await remove(`/friend-requests/${request.id}`);
  await loadFriends();
}
