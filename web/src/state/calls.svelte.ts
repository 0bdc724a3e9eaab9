// The call of this page: ringing, going on, or just over. Only calls between two people are shown.

import type {
  CallEnded,
  CallError,
  CallInitiated,
  CallJoined,
  CallMediaToggled,
  CallParticipantJoined,
  CallParticipantLeft,
  IceServer,
  SignalCall,
} from "../api/schema";
import type { Peer } from "../lib/peer";
import { tell } from "../realtime/socket.svelte";

/** `calling` until the other one answers, `ringing` until this one does, `over` until its problem is read. */
export type CallPhase = "calling" | "ringing" | "connecting" | "connected" | "over";

export type CallProblem = "busy" | "failed" | "noDevice" | "noAnswer";

export interface Call {
  /** Known once the server has started it. */
  id: string | null;
  conversationId: string;
  phase: CallPhase;
  /** Of the other participant. */
  name: string;
  otherId: string;
  hasVideo: boolean;
  isAudioOn: boolean;
  isVideoOn: boolean;
  isOtherVideoOn: boolean;
  problem: CallProblem | null;
}

let call = $state<Call | null>(null);
let own = $state.raw<MediaStream | null>(null);
let other = $state.raw<MediaStream | null>(null);
let iceServers: IceServer[] = [];
let peer: Peer | null = null;
let me = "";
let isGroup: (conversationId: string) => boolean = () => false;
/** The conversation of a call that was stopped before the server had started it. */
let stoppedIn: string | null = null;
/** Signals are handled one after the other. */
let turn: Promise<void> = Promise.resolve();

export const calls = {
  get current(): Call | null {
    return call;
  },
  /** What the camera and the microphone of this device record. */
  get own(): MediaStream | null {
    return own;
  },
  get other(): MediaStream | null {
    return other;
  },
};

/** Whether this device can call at all. */
export const canCall = (): boolean => "RTCPeerConnection" in globalThis && "mediaDevices" in navigator;

/** For a new user of this page. Calls in groups do not ring. */
export function openCalls(userId: string, isInGroup: (conversationId: string) => boolean): void {
  closeCall();
  me = userId;
  isGroup = isInGroup;
}

/** Calls somebody. */
export async function startCall(
  conversationId: string,
  person: { id: string; name: string },
  hasVideo: boolean,
): Promise<void> {
  if (call && call.phase !== "over") return;
  stoppedIn = null;
  call = begun(null, conversationId, person, hasVideo, "calling");
  if (!(await record(hasVideo))) return;
  const type = hasVideo ? "video" : "audio";
  tell("call:initiate", { conversationId, type, settings: settings() });
}

/** Answers the call that rings. */
export async function answerCall(): Promise<void> {
  if (!call?.id || call.phase !== "ringing") return;
  const { id, hasVideo } = call;
  call.phase = "connecting";
  if (!(await record(hasVideo))) return tell("call:reject", { callId: id });
  if (call?.id === id) tell("call:join", { callId: id, settings: settings() });
}

/** Declines the call that rings, hangs up, or stops calling. */
export function hangUp(): void {
  if (call?.id) tell(call.phase === "ringing" ? "call:reject" : "call:leave", { callId: call.id });
  else if (call?.phase === "calling" && own) stoppedIn = call.conversationId;
  closeCall();
}

export function flipAudio(): void {
  if (!call) return;
  call.isAudioOn = !call.isAudioOn;
  own?.getAudioTracks().forEach((track) => (track.enabled = call?.isAudioOn ?? false));
  if (call.id) tell("call:toggle-audio", { callId: call.id, enabled: call.isAudioOn });
}

export function flipVideo(): void {
  if (!call) return;
  call.isVideoOn = !call.isVideoOn;
  own?.getVideoTracks().forEach((track) => (track.enabled = call?.isVideoOn ?? false));
  if (call.id) tell("call:toggle-video", { callId: call.id, enabled: call.isVideoOn });
}

/** Ends what is shown, and releases the camera and the microphone. */
export function closeCall(): void {
  stopMedia();
  call = null;
}

/** The socket is connected again: this device takes part through it, if it is in a call. */
export function resumeCall(): void {
  if (call?.id && ["connecting", "connected", "calling"].includes(call.phase))
    tell("call:join", { callId: call.id, settings: settings() });
}

/** What happens in calls, by the names of the events. */
export const callHandlers = {
  "call:initiated": ({ callId, conversationId, initiator, participants }: CallInitiated) => {
    if (initiator.userId === me && stoppedIn === conversationId) {
      stoppedIn = null;
      tell("call:leave", { callId });
    } else if (initiator.userId === me) {
      if (call?.conversationId !== conversationId || call.phase !== "calling" || call.id) return;
      call.id = callId;
      // For the servers that help to connect.
      tell("call:join", { callId });
    } else if (!isGroup(conversationId) && (!call || call.phase === "over")) {
      const person = { id: initiator.userId, name: initiator.displayName };
      const hasVideo = participants[0]?.isVideoEnabled ?? false;
      call = begun(callId, conversationId, person, hasVideo, "ringing");
    }
  },
  "call:join": ({ callSession, iceServers: servers }: CallJoined) => {
    if (call?.id === callSession.id) iceServers = servers;
  },
  "call:participant-joined": ({ callId, participant }: CallParticipantJoined) => {
    if (call?.id !== callId) return;
    if (participant.userId !== me) {
      call.phase = "connecting";
      call.isOtherVideoOn = participant.isVideoEnabled;
      void inTurn(async () => (await connectPeer())?.offer());
    } else if (call.phase === "ringing") {
      // Answered on another device.
      closeCall();
    }
  },
  "call:signal": ({ callId, signal }: SignalCall) => {
    if (call?.id !== callId || signal.from !== call.otherId) return;
    void inTurn(async () => {
      const receiver = signal.type === "offer" ? await connectPeer() : peer;
      await receiver?.receive(signal);
    });
  },
  "call:media-toggled": ({ callId, participantId, mediaType, enabled }: CallMediaToggled) => {
    if (call?.id === callId && participantId === call.otherId && mediaType === "video")
      call.isOtherVideoOn = enabled;
  },
  "call:participant-left": ({ callId, userId }: CallParticipantLeft) => {
    if (call?.id === callId && userId !== me) hangUp();
  },
  "call:ended": ({ callId, endedBy }: CallEnded) => {
    if (call?.id !== callId) return;
    if (call.phase === "calling" && endedBy !== me) over("noAnswer");
    else closeCall();
  },
  "call:error": ({ code }: CallError) => {
    if (!call || call.phase === "over") return;
    const isOver = ["CALL_ENDED", "CALL_NOT_FOUND", "NOT_A_PARTICIPANT"].includes(code);
    if (code === "CALL_ALREADY_ACTIVE") over("busy");
    else if (call.phase !== "connected" || isOver) over("failed");
  },
};

function begun(
  id: string | null,
  conversationId: string,
  person: { id: string; name: string },
  hasVideo: boolean,
  phase: CallPhase,
): Call {
  const { id: otherId, name } = person;
  const media = { hasVideo, isAudioOn: true, isVideoOn: hasVideo, isOtherVideoOn: hasVideo };
  return { id, conversationId, phase, name, otherId, ...media, problem: null };
}

const settings = () => ({ audioEnabled: call?.isAudioOn ?? true, videoEnabled: call?.isVideoOn ?? false });

/** Turns on the microphone and, if there is one, the camera; returns whether the call goes on. */
async function record(hasVideo: boolean): Promise<boolean> {
  const asked = call;
  let stream: MediaStream | null = null;
  for (const video of hasVideo ? [true, false] : [false]) {
    stream ??= await navigator.mediaDevices.getUserMedia({ audio: true, video }).catch(() => null);
  }
  if (!call || call !== asked) {
    stream?.getTracks().forEach((track) => track.stop());
    return false;
  }
  if (!stream) {
    over("noDevice");
    return false;
  }
  call.isVideoOn = stream.getVideoTracks().length > 0;
  own = stream;
  return true;
}

/** A new connection to the other participant, in place of the one before. */
async function connectPeer(): Promise<Peer | null> {
  const { Peer } = await import("../lib/peer");
  if (!call || !own) return null;
  const { id: callId, otherId: to, hasVideo } = call;
  if (!callId) return null;
  peer?.close();
  const connecting: Peer = new Peer(iceServers, own, hasVideo, {
    signal: (signal) => tell("call:signal", { callId, signal: { ...signal, from: me, to } }),
    media: (stream) => (other = stream),
    state: (state) => {
      if (peer !== connecting || !call) return;
      if (state === "connected") call.phase = "connected";
      if (state === "failed") {
        tell("call:leave", { callId });
        over("failed");
      }
    },
  });
  peer = connecting;
  return connecting;
}

/** Two events of a connection are not handled at the same time. */
function inTurn(work: () => Promise<unknown>): Promise<void> {
  turn = turn.then(work).then(
    () => {},
    // A signal of a connection that is closed by now.
    () => {},
  );
  return turn;
}

function over(problem: CallProblem): void {
  stopMedia();
  if (call) call = { ...call, phase: "over", problem };
}

function stopMedia(): void {
  peer?.close();
  peer = null;
  own?.getTracks().forEach((track) => track.stop());
  own = null;
  other = null;
  iceServers = [];
}
