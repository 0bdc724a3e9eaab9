// The socket: connected while signed in, with automatic reconnection.

import { io, type Socket } from "socket.io-client";
import type { Credentials } from "../api/client";
import type { ClientEvents, ServerEvents } from "../api/events";
import { at } from "../lib/base";

/** `back` is `connected`, shortly after an interruption. */
export type Connection = "connecting" | "connected" | "back" | "offline";

const BACK_MS = 2500;
const ACKNOWLEDGEMENT_MS = 10_000;
const RETRY_MS = 2000;

let connection = $state<Connection>("connecting");
let socket: Socket | null = null;

export const realtime = {
  get connection(): Connection {
    return connection;
  },
};

export interface Listener {
  /** The credentials of a new connection. */
  credentials: () => Credentials | null;
  handlers: { [N in keyof ServerEvents]?: (payload: Parameters<ServerEvents[N]>[0]) => unknown };
  /** Called after the first and every later authentication. */
  ready: () => void;
  /** The connection is lost: events are missed until `ready`. */
  lost: () => void;
  /** The server rejects the credentials: returns whether there are better ones now. */
  refused: () => Promise<boolean>;
}

export function connect(listener: Listener): void {
  disconnect();
  const opened = io({
    path: at("/socket.io/"),
    auth: (give) => {
      const { token, sessionToken } = listener.credentials() ?? {};
      const guest = { sessionToken, sessionType: "anonymous" };
      give(token ? { authToken: token, tokenType: "jwt", sessionToken } : guest);
    },
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3000,
  });
  socket = opened;
  let wasConnected = false;
  opened.on("authenticated", (answer: { success: boolean; error?: string }) => {
    if (answer.success) {
      connection = wasConnected ? "back" : "connected";
      if (wasConnected) setTimeout(() => connection === "back" && (connection = "connected"), BACK_MS);
      wasConnected = true;
      listener.ready();
    } else if (answer.error?.includes("Bearer token")) {
      // The text by which the server marks rejected credentials (docs/compatibility.md).
      void listener.refused().then((renewed) => renewed && opened.disconnect().connect());
    } else {
      // The server cannot authenticate at the moment, for example because its database is down.
      setTimeout(() => socket === opened && opened.disconnect().connect(), RETRY_MS);
    }
  });
  opened.on("disconnect", (reason) => {
    if (socket !== opened) return;
    connection = "connecting";
    listener.lost();
    // The client library does not reconnect if the server closes the socket, as it does for a restart.
    if (reason === "io server disconnect") setTimeout(() => socket === opened && opened.connect(), 500);
  });
  opened.on("connect_error", () => (connection = "offline"));
  for (const [name, handler] of Object.entries(listener.handlers))
    opened.on(name, handler as (payload: unknown) => void);
}

/**
 * The network is back, or the page is visible again: connect now, without waiting for the next attempt or a
 * hanging one.
 */
function reconnectNow(): void {
  if (socket && !socket.connected && !document.hidden) socket.disconnect().connect();
}
addEventListener("online", reconnectNow);
document.addEventListener("visibilitychange", reconnectNow);

export function disconnect(): void {
  const closed = socket;
  socket = null;
  closed?.disconnect();
  connection = "connecting";
}

/** What an event carries, and what its acknowledgement is. */
type Payload<N extends keyof ClientEvents> = Parameters<ClientEvents[N]>[0];
type Acknowledgement<N extends keyof ClientEvents> =
  Parameters<ClientEvents[N]> extends [unknown, (ack: infer A) => void] ? A : never;

export const isConnected = (): boolean => connection === "connected" || connection === "back";

/** Sends an event and waits for its acknowledgement; throws without a connection, or if it times out. */
export async function request<N extends keyof ClientEvents>(
  name: N,
  payload: Payload<N>,
): Promise<Acknowledgement<N>> {
  if (!socket || !isConnected()) throw new Error("not connected");
  return socket.timeout(ACKNOWLEDGEMENT_MS).emitWithAck(name, payload);
}

/** Sends an event that may be lost. */
export function tell<N extends keyof ClientEvents>(name: N, payload: Payload<N>): void {
  if (isConnected()) socket?.emit(name, payload);
}
