// The official Socket.IO client, with the handshakes of the old clients.

import assert from "node:assert/strict";
import { after } from "node:test";
import { io } from "socket.io-client";
import { url } from "./http.mjs";

const PATIENCE_MS = 10_000;
const open = new Set();
after(() => open.forEach((socket) => socket.disconnect()));

/** A socket that keeps the events it receives until a test takes them. */
export class Listener {
  constructor(options) {
    this.heard = [];
    this.waiting = new Set();
    this.socket = io(url, {
      transports: ["websocket", "polling"],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    open.add(this.socket);
    this.socket.onAny((name, payload) => {
      this.heard.push({ name, payload });
      for (const look of [...this.waiting]) look();
    });
  }

  /** Takes the first event of this name that fits, which may have arrived before. */
  next(name, fits = () => true) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const at = this.heard.findIndex((event) => event.name === name && fits(event.payload));
        if (at < 0) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(this.heard.splice(at, 1)[0].payload);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`no ${name}; there are ${JSON.stringify(this.heard).slice(0, 2000)}`));
      }, PATIENCE_MS);
      this.waiting.add(look);
      look();
    });
  }

  /** Whether such an event has arrived and was not taken. */
  has(name, fits = () => true) {
    return this.heard.some((event) => event.name === name && fits(event.payload));
  }

  /** Sends an event without an acknowledgement. */
  emit(name, payload) {
    this.socket.emit(name, payload);
  }

  /** Sends an event; returns its acknowledgement, for which the old client waits 10 seconds. */
  ask(name, payload) {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(name, payload);
  }

  /** Sends an event that succeeds; returns the `data` of its acknowledgement. */
  async done(name, payload) {
    const answer = await this.ask(name, payload);
    assert.equal(answer.success, true, `${name}: ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** Sends an event that fails; returns the error. */
  async fails(name, payload) {
    const answer = await this.ask(name, payload);
    assert.equal(answer.success, false, `${name}: ${JSON.stringify(answer)}`);
    assert.ok(answer.error.length > 3);
    return answer;
  }

  /** Opens a conversation as the old client does; returns its id. */
  async join(conversationId) {
    this.emit("conversation:join", { conversationId });
    return (await this.next("conversation:joined")).conversationId;
  }

  /** Returns when the server has closed the connection; the reason. */
  closed() {
    return new Promise((resolve) => {
      if (this.socket.disconnected) resolve("already");
      else this.socket.once("disconnect", resolve);
    });
  }

  close() {
    open.delete(this.socket);
    this.socket.disconnect();
  }
}

/** The main socket of the old web client: it repeats its credentials in the headers. */
export const webSocket = (token) =>
  new Listener({
    auth: { authToken: token, tokenType: "jwt" },
    extraHeaders: { Authorization: `Bearer ${token}` },
  });

/** The second socket of the same tab, for notifications. */
export const notificationSocket = (token) => new Listener({ auth: { token } });

/** The socket of the iOS client. */
export const iosSocket = (token) =>
  new Listener({
    auth: { token },
    query: { token },
    extraHeaders: { Authorization: `Bearer ${token}` },
    transports: ["websocket"],
  });
