// The connection to the other participant of a call, through which sound and pictures go.

import type { IceServer, Signal } from "../api/schema";

type Sent = Pick<Signal, "type" | "sdp" | "candidate" | "sdpMLineIndex" | "sdpMid">;

export interface PeerEvents {
  /** Something for the other participant. */
  signal: (signal: Sent) => void;
  /** What the other participant sends. */
  media: (stream: MediaStream) => void;
  /** The two are connected, or cannot be. */
  state: (state: RTCPeerConnectionState) => void;
}

export class Peer {
  readonly #connection: RTCPeerConnection;
  readonly #events: PeerEvents;
  /** Candidates that came before the description that they belong to. */
  #early: RTCIceCandidateInit[] = [];

  constructor(iceServers: IceServer[], own: MediaStream, wantsVideo: boolean, events: PeerEvents) {
    this.#events = events;
    this.#connection = new RTCPeerConnection({ iceServers });
    for (const track of own.getTracks()) this.#connection.addTrack(track, own);
    // One without a camera sees the other one all the same.
    if (wantsVideo && own.getVideoTracks().length === 0)
      this.#connection.addTransceiver("video", { direction: "recvonly" });
    this.#connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      events.signal({
        type: "ice-candidate",
        candidate: candidate.candidate,
        sdpMLineIndex: candidate.sdpMLineIndex ?? undefined,
        sdpMid: candidate.sdpMid ?? undefined,
      });
    };
    this.#connection.ontrack = ({ streams: [stream] }) => stream && events.media(stream);
    this.#connection.onconnectionstatechange = () => events.state(this.#connection.connectionState);
  }

  async offer(): Promise<void> {
    await this.#connection.setLocalDescription();
    this.#tell("offer");
  }

  /** Handles a signal of the other participant. */
  async receive({ type, sdp, candidate, sdpMLineIndex, sdpMid }: Sent): Promise<void> {
    if (type === "ice-candidate") {
      const received = {
        candidate: candidate ?? "",
        sdpMLineIndex: sdpMLineIndex ?? null,
        sdpMid: sdpMid ?? null,
      };
      if (this.#connection.remoteDescription) await this.#connection.addIceCandidate(received);
      else this.#early.push(received);
      return;
    }
    await this.#connection.setRemoteDescription({ type, sdp: sdp ?? "" });
    for (const candidate of this.#early.splice(0)) await this.#connection.addIceCandidate(candidate);
    if (type === "offer") {
      await this.#connection.setLocalDescription();
      this.#tell("answer");
    }
  }

  close(): void {
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  #tell(type: "offer" | "answer"): void {
    this.#events.signal({ type, sdp: this.#connection.localDescription?.sdp });
  }
}
