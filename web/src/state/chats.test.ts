// What the timeline's own tests cannot show: answers and events that come in an unlucky order, or not at all.

import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerEvents } from "../api/events";
import type { Conversation, Message } from "../api/schema";
import type { Listener } from "../realtime/socket.svelte";
import { message } from "./timeline.test-data";

const { getPage, get, connected } = vi.hoisted(() => ({
  getPage: vi.fn(),
  get: vi.fn(),
  connected: { listener: undefined as Listener | undefined },
}));
vi.mock("../api/client", async (original) => ({ ...(await original<object>()), getPage, get }));
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

/** What the server has: answered at once, unless a test says otherwise. */
let messages: Message[];
beforeEach(async () => {
  vi.useFakeTimers();
  messages = [];
  getPage.mockReset();
  getPage.mockImplementation((path: string) =>
    Promise.resolve(path.startsWith("/conversations?") ? page([conversation]) : page(messages)),
  );
  stop();
  start("me");
  connected.listener?.ready();
  await vi.advanceTimersByTimeAsync(0);
  await open("c");
});

const shown = () => chats.opened("c")?.messages ?? [];

describe("after an interruption", () => {
  test("a translation that overtakes the answer with its message is kept", async () => {
    const answer = late();
    getPage.mockResolvedValueOnce(page([conversation])).mockReturnValueOnce(answer.promise);
    connected.listener?.lost();
    connected.listener?.ready();
    await vi.advanceTimersByTimeAsync(0);
    event("message:translation", { translations: [french] });
    answer.come(page([message(1)]));
    await vi.advanceTimersByTimeAsync(0);
    expect(shown()[0]?.translations).toEqual([french]);
  });

  test("a message that overtakes the list of conversations stays the last", async () => {
    const answer = late();
    getPage.mockReturnValueOnce(answer.promise);
    connected.listener?.ready();
    event("message:new", message(1));
    event("conversation:unread-updated", { conversationId: "c", unreadCount: 1 });
    answer.come(page([conversation]));
    await vi.advanceTimersByTimeAsync(0);
    expect(chats.conversation("c")).toMatchObject({ lastMessage: { id: "m1" }, unreadCount: 1 });
  });

  test("what could not be read is read a little later, without another interruption", async () => {
    getPage.mockRejectedValueOnce(new ApiError(0, "OFFLINE", "the server cannot be reached"));
    connected.listener?.ready();
    messages = [message(1)];
    await vi.advanceTimersByTimeAsync(5000);
    expect(shown()).toHaveLength(1);
  });

  test("a conversation that is not ours any more is not asked for again and again", async () => {
    const refusal = new ApiError(403, "CONVERSATION_ACCESS_DENIED", "no");
    getPage.mockResolvedValueOnce(page([conversation])).mockRejectedValueOnce(refusal);
    connected.listener?.ready();
    await vi.advanceTimersByTimeAsync(0);
    const asked = getPage.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(getPage.mock.calls.length).toBe(asked);
  });
});
