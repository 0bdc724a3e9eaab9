import { beforeEach, describe, expect, test, vi } from "vitest";
import type { CallInitiated, CallJoined, CallParticipantJoined, SignalCall } from "../api/schema";

const { tell, offer, receive, close } = vi.hoisted(() => ({
  tell: vi.fn(),
  offer: vi.fn(),
  receive: vi.fn(),
  close: vi.fn(),
}));
vi.mock("../realtime/socket.svelte", () => ({ tell }));
vi.mock("../lib/peer", () => ({
  Peer: class {
    offer = offer;
    receive = receive;
    close = close;
  },
}));

const state = await import("./calls.svelte");
const { calls, callHandlers: on } = state;

const [ME, OTHER, TALK] = ["me", "other", "talk"];
const stop = vi.fn();
const track = { enabled: true, stop };
const stream = { getTracks: () => [track], getAudioTracks: () => [track], getVideoTracks: () => [] };
const getUserMedia = vi.fn();
vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });

const initiated = (by: string, callId = "call") =>
  ({
    callId,
    conversationId: TALK,
    initiator: { userId: by, displayName: "Carlos" },
    participants: [{ isVideoEnabled: false }],
  }) as unknown as CallInitiated;
const joined = (userId: string) =>
  ({ callId: "call", participant: { userId, isVideoEnabled: false } }) as CallParticipantJoined;
const sent = () => tell.mock.calls.map(([name]) => name);
const begin = () => state.startCall(TALK, { id: OTHER, name: "Carlos" }, false);

beforeEach(() => {
  state.openCalls(ME, (id) => id === "group");
  for (const mock of [tell, offer, receive, close, stop]) mock.mockReset();
  getUserMedia.mockReset().mockResolvedValue(stream);
});

describe("a call", () => {
  test("is started, and the one who joins gets an offer", async () => {
    await begin();
    expect(tell).toHaveBeenCalledWith("call:initiate", expect.objectContaining({ type: "audio" }));
    on["call:initiated"](initiated(ME));
    expect(calls.current).toMatchObject({ id: "call", phase: "calling" });
    on["call:join"]({ callSession: { id: "call" }, iceServers: [] } as unknown as CallJoined);
    on["call:participant-joined"](joined(OTHER));
    await vi.waitFor(() => expect(offer).toHaveBeenCalledOnce());
    expect(sent()).toEqual(["call:initiate", "call:join"]);
  });

  test("rings, is answered, and an offer is received", async () => {
    on["call:initiated"](initiated(OTHER));
    expect(calls.current).toMatchObject({ phase: "ringing", name: "Carlos" });
    await state.answerCall();
    expect(sent()).toEqual(["call:join"]);
    on["call:participant-joined"](joined(ME));
    expect(calls.current?.phase, "that was this device").toBe("connecting");
    const signal = { type: "offer", from: OTHER, to: ME, sdp: "v=0" };
    on["call:signal"]({ callId: "call", signal } as SignalCall);
    on["call:signal"]({ callId: "call", signal: { ...signal, from: "stranger" } } as SignalCall);
    await vi.waitFor(() => expect(receive).toHaveBeenCalledOnce());
  });

  test("stops ringing when another device has answered, or it is over", () => {
    on["call:initiated"](initiated(OTHER));
    on["call:participant-joined"](joined(ME));
    expect(calls.current).toBeNull();
    on["call:initiated"](initiated(OTHER, "next"));
    on["call:ended"]({ callId: "next", conversationId: TALK, duration: 0, endedBy: OTHER });
    expect(calls.current).toBeNull();
  });

  test("in a group does not ring", () => {
    on["call:initiated"]({ ...initiated(OTHER), conversationId: "group" });
    expect(calls.current).toBeNull();
  });

  test("is declined, and does not disturb one that is going on", () => {
    on["call:initiated"](initiated(OTHER));
    on["call:initiated"](initiated("another", "second"));
    expect(calls.current?.id).toBe("call");
    state.hangUp();
    expect(tell).toHaveBeenLastCalledWith("call:reject", { callId: "call" });
    expect(calls.current).toBeNull();
  });

  test("that was stopped too early for the server is left as soon as it exists", async () => {
    await begin();
    state.hangUp();
    on["call:initiated"](initiated(ME));
    expect(tell).toHaveBeenLastCalledWith("call:leave", { callId: "call" });
    expect([calls.current, stop.mock.calls.length]).toEqual([null, 1]);
  });

  test("says why there is none", async () => {
    getUserMedia.mockRejectedValue(new Error("denied"));
    await begin();
    expect([calls.current?.problem, sent()]).toEqual(["noDevice", []]);
    getUserMedia.mockResolvedValue(stream);
    await begin();
    on["call:error"]({ code: "CALL_ALREADY_ACTIVE", message: "busy" });
    expect(calls.current).toMatchObject({ phase: "over", problem: "busy" });
    await begin();
    on["call:initiated"](initiated(ME));
    on["call:ended"]({ callId: "call", conversationId: TALK, duration: 0, endedBy: OTHER });
    expect(calls.current?.problem).toBe("noAnswer");
  });

  test("goes on after the socket was interrupted", async () => {
    await begin();
    on["call:initiated"](initiated(ME));
    tell.mockReset();
    state.resumeCall();
    expect(tell).toHaveBeenCalledWith("call:join", expect.objectContaining({ callId: "call" }));
  });
});
