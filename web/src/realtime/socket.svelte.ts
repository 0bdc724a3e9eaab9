// The socket: connected while somebody is signed in, and back by itself.

import { io, type Socket } from "socket.io-client";
import type { Credentials } from "../api/client";
import { at } from "../lib/base";

/** `back` is `connected`, in the moments after an interruption. */
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
  /** What a new connection proves itself by. */
  credentials: () => Credentials | null;
  handlers: Record<string, (payload: never) => void>;
  /** At the first and at every later connection, once the server knows who we are. */
  ready: () => void;
  /** The connection is gone: events are missed from now on, until `ready`. */
  lost: () => void;
  /** The server does not take the credentials: answers whether there are better ones now. */
  refused: () => Promise<boolean>;
}

export function connect(listener: Listener): void {
  disconnect();
  const opened = io({
    path: at("/socket.io/"),
    auth: (give) => {
      const { token, sessionToken } = listener.credentials() ?? {};
      give({ authToken: token, tokenType: "jwt", sessionToken });
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
      // The words by which the contract marks a refusal of the credentials.
      void listener.refused().then((renewed) => renewed && opened.disconnect().connect());
    } else {
      // The server cannot tell just now who we are: its database may be away.
      setTimeout(() => socket === opened && opened.disconnect().connect(), RETRY_MS);
    }
  });
  opened.on("disconnect", (reason) => {
    if (socket !== opened) return;
    connection = "connecting";
    listener.lost();
    // The client library does not come back by itself when the server closes the socket, as it does to restart.
    if (reason === "io server disconnect") setTimeout(() => socket === opened && opened.connect(), 500);
  });
  opened.on("connect_error", () => (connection = "offline"));
  for (const [name, handler] of Object.entries(listener.handlers))
    opened.on(name, handler as (payload: unknown) => void);
}

/** The network is back, or somebody looks again: the next attempt need not be waited for, nor one that hangs. */
function hurry(): void {
  if (socket && !socket.connected && !document.hidden) socket.disconnect().connect();
}
addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);

export function disconnect(): void {
  const closed = socket;
  socket = null;
  closed?.disconnect();
  connection = "connecting";
}

export interface Acknowledgement {
  success: boolean;
  error?: string;
  code?: string;
}

export const isConnected = (): boolean => connection === "connected" || connection === "back";

/** Sends an event and waits for its acknowledgement; throws when there is no connection or no answer in time. */
export async function request(name: string, payload: unknown): Promise<Acknowledgement> {
  if (!socket || !isConnected()) throw new Error("not connected");
  return socket.timeout(ACKNOWLEDGEMENT_MS).emitWithAck(name, payload);
}

/** Sends an event that may be lost. */
export function tell(name: string, payload: unknown): void {
  if (isConnected()) socket?.emit(name, payload);
}
