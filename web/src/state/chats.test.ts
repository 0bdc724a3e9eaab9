// What the timeline's own tests cannot show: answers and events that come in an unlucky order, or not at all.

import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerEvents } from "../api/events";
import type { Conversation, Message } from "../api/schema";
import type { Listener } from "../realtime/socket.svelte";
import { message } from "./timeline.test-data";

const { getPage, get, post, connected } = vi.hoisted(() => ({
  getPage: vi.fn(),
  get: vi.fn(),
  post: vi.fn(),
  connected: { listener: undefined as Listener | undefined },
}));
vi.mock("../api/client", async (original) => ({ ...(await original<object>()), getPage, get, post }));
vi.mock("../realtime/socket.svelte", () => ({
  connect: (listener: Listener) => (connected.listener = listener),
  disconnect: () => {},
  isConnected: () => true,
}));
vi.mock("./outbox.svelte", () => ({
  openOutbox: () => {},
  closeOutbox: () => {},
  flush: () => Promise.resolve(),
  discard: () => {},
}));

const { chats, open, start, stop } = await import("./chats.svelte");
const { ApiError } = await import("../api/client");

const conversation = {
  id: "c",
  type: "direct",
  members: [],
  lastMessage: null,
  lastMessageAt: "",
  unreadCount: 0,
  lastEventNumber: 1,
} as unknown as Conversation;
const page = <T>(data: T) => ({ data, hasMore: false });
const french = { messageId: "m1", revision: 1, targetLanguage: "fr", translatedContent: "salut" };

/** An event of the server's. */
const event = (name: keyof ServerEvents, payload: object) =>
  connected.listener?.handlers[name]?.(payload as never);

/** An answer that comes when it is told to. */
function late() {
  let come: (answer: unknown) => void = () => {};
  const promise = new Promise((resolve) => (come = resolve));
  return { promise, come };
}

/** What has happened in the conversation behind the first event. */
const missed = (events: object[], extra: object = {}) => ({
  conversations: [
    {
      conversationId: "c",
      events,
      lastEventNumber: 1 + events.length,
      hasMore: false,
      isTooOld: false,
      unreadCount: 0,
      ...extra,
    },
  ],
  isListStale: false,
});
const logged = (number: number, data: object, name = "message:new") => ({ number, name, data });
const nothing = { conversations: [], isListStale: false };

/** What the server has: answered at once, unless a test says otherwise. */
let messages: Message[];
beforeEach(async () => {
  vi.useFakeTimers();
  messages = [];
  getPage.mockReset();
  getPage.mockImplementation((path: string) =>
    Promise.resolve(path.startsWith("/conversations?") ? page([conversation]) : page(messages)),
  );
  post.mockReset();
  post.mockResolvedValue(nothing);
  stop();
  start("me");
  connected.listener?.ready();
  await vi.advanceTimersByTimeAsync(0);
  await open("c");
  getPage.mockClear();
  post.mockClear();
});

const shown = () => chats.opened("c")?.messages ?? [];

async function reconnect(): Promise<void> {
  connected.listener?.lost();
  connected.listener?.ready();
  await vi.advanceTimersByTimeAsync(0);
}

describe("a system message", () => {
  test("is no message that its actor has written: nothing is read, and the conversation stays in its place", async () => {
    event("message:new", { ...message(1), eventNumber: 2 });
    event("conversation:unread-updated", { conversationId: "c", unreadCount: 1 });
    const before = chats.conversation("c")?.lastMessageAt;
    const told = {
      ...message(2, { messageType: "system" }),
      senderId: "me",
      createdAt: "2030-01-01T00:00:00Z",
    };
    event("message:new", { ...told, eventNumber: 3 });
    await vi.advanceTimersByTimeAsync(0);
    expect(chats.conversation("c")).toMatchObject({
      lastMessage: { id: "m2" },
      lastMessageAt: before,
      unreadCount: 1,
    });
  });

  test("does not move the first unread message", async () => {
    messages = [message(3, { messageType: "system" }), message(2), message(1)];
    getPage.mockImplementation((path: string) =>
      Promise.resolve(
        path.startsWith("/conversations?") ? page([{ ...conversation, unreadCount: 1 }]) : page(messages),
      ),
    );
    stop();
    start("me");
    connected.listener?.ready();
    await vi.advanceTimersByTimeAsync(0);
    await open("c");
    expect(chats.opened("c")?.readUpTo).toBe(1);
  });
});

describe("after an interruption", () => {
  test("what was missed is read with one call, and no page", async () => {
    post.mockResolvedValueOnce(missed([logged(2, message(1)), logged(3, message(2))], { unreadCount: 2 }));
    await reconnect();
    expect(shown().map((one) => one.sequence)).toEqual([1, 2]);
    expect(chats.conversation("c")).toMatchObject({ lastMessage: { id: "m2" }, unreadCount: 2 });
    expect(post.mock.calls).toEqual([["/conversations/events", { conversations: [{ id: "c", after: 1 }] }]]);
    expect(getPage).not.toHaveBeenCalled();
    // From there it goes on.
    await reconnect();
    expect(post).toHaveBeenLastCalledWith("/conversations/events", {
      conversations: [{ id: "c", after: 3 }],
    });
  });

  test("more than an answer holds is asked for again", async () => {
    post
      .mockResolvedValueOnce(missed([logged(2, message(1))], { hasMore: true }))
      .mockResolvedValueOnce(missed([logged(3, message(2))], { lastEventNumber: 3 }));
    await reconnect();
    expect(shown()).toHaveLength(2);
    expect(post).toHaveBeenLastCalledWith("/conversations/events", {
      conversations: [{ id: "c", after: 2 }],
    });
  });

  test("what is too old is read anew", async () => {
    post.mockResolvedValueOnce(missed([], { isTooOld: true, lastEventNumber: 90 }));
    messages = [message(8), message(7)];
    getPage.mockImplementation((path: string) =>
      Promise.resolve(
        path.startsWith("/conversations?")
          ? page([{ ...conversation, lastEventNumber: 91 }])
          : page(messages),
      ),
    );
    await reconnect();
    expect(shown().map((one) => one.sequence)).toEqual([7, 8]);
    await reconnect();
    expect(post).toHaveBeenLastCalledWith("/conversations/events", {
      conversations: [{ id: "c", after: 91 }],
    });
  });

  test("another conversation at the beginning of the list makes it be read anew", async () => {
    post.mockResolvedValueOnce({ ...nothing, isListStale: true });
    getPage.mockResolvedValueOnce(page([{ ...conversation, id: "new" }, conversation]));
    await reconnect();
    expect(chats.all.map((one) => one.id)).toEqual(["new", "c"]);
  });

  test("a translation that overtakes the answer with its message is kept", async () => {
    const answer = late();
    post.mockReturnValueOnce(answer.promise);
    await reconnect();
    event("message:translation", { translations: [french] });
    answer.come(missed([logged(2, message(1))]));
    await vi.advanceTimersByTimeAsync(0);
    expect(shown()[0]?.translations).toEqual([french]);
  });

  test("a message that overtakes the list of conversations stays the last", async () => {
    const answer = late();
    post.mockResolvedValueOnce({ ...nothing, isListStale: true });
    getPage.mockReturnValueOnce(answer.promise);
    await reconnect();
    event("message:new", message(1));
    event("conversation:unread-updated", { conversationId: "c", unreadCount: 1 });
    answer.come(page([conversation]));
    await vi.advanceTimersByTimeAsync(0);
    expect(chats.conversation("c")).toMatchObject({ lastMessage: { id: "m1" }, unreadCount: 1 });
  });

  test("what could not be read is read a little later, without another interruption", async () => {
    post.mockRejectedValueOnce(new ApiError(0, "OFFLINE", "the server cannot be reached"));
    connected.listener?.ready();
    post.mockResolvedValueOnce(missed([logged(2, message(1))]));
    await vi.advanceTimersByTimeAsync(5000);
    expect(shown()).toHaveLength(1);
  });

  test("a conversation that is not ours any more is not asked for again and again", async () => {
    const refusal = new ApiError(403, "CONVERSATION_ACCESS_DENIED", "no");
    post.mockResolvedValueOnce(missed([], { isTooOld: true }));
    getPage.mockResolvedValueOnce(page([conversation])).mockRejectedValueOnce(refusal);
    await reconnect();
    const asked = getPage.mock.calls.length + post.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(getPage.mock.calls.length + post.mock.calls.length).toBe(asked);
  });
});

describe("while connected", () => {
  test("a gap before an event is filled a little later, and once", async () => {
    post.mockResolvedValueOnce(missed([logged(2, message(1)), logged(3, message(2))]));
    event("message:new", { ...message(2), eventNumber: 3 });
    event("message:new", { ...message(3), eventNumber: 4 });
    expect(shown().map((one) => one.sequence)).toEqual([2, 3]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(shown().map((one) => one.sequence)).toEqual([1, 2, 3]);
    expect(post).toHaveBeenCalledTimes(1);
  });

  test("events without a gap ask for nothing", async () => {
    event("message:new", { ...message(1), eventNumber: 2 });
    event("read-status:updated", { conversationId: "c", eventNumber: 3 });
    event("message:new", { ...message(2), eventNumber: 4 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(post).not.toHaveBeenCalled();
  });
});
