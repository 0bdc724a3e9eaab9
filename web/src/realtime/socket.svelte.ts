// The socket: connected while somebody is signed in, and back by itself.

import { io, type Socket } from "socket.io-client";

export type Connection = "connecting" | "connected" | "offline";

let connection = $state<Connection>("offline");
let socket: Socket | null = null;

export const realtime = {
  get connection(): Connection {
    return connection;
  },
};

type Handlers = Record<string, (payload: never) => void>;

/** Connects; `ready` is called at the first and at every later connection, when the server knows who we are. */
export function connect(token: string, handlers: Handlers, ready: () => void): void {
  disconnect();
  connection = "connecting";
  const opened = io({
    auth: { authToken: token, tokenType: "jwt" },
    transports: ["websocket", "polling"],
    reconnectionDelayMax: 3000,
  });
  opened.on("authenticated", (answer: { success: boolean }) => {
    if (!answer.success) return;
    connection = "connected";
    ready();
  });
  opened.on("disconnect", (reason) => {
    connection = "connecting";
    // The client library does not come back by itself when the server has closed the socket, as it does to restart.
    if (reason === "io server disconnect") setTimeout(() => opened.connect(), 500);
  });
  opened.on("connect_error", () => (connection = "offline"));
  for (const [name, handler] of Object.entries(handlers))
    opened.on(name, handler as (payload: unknown) => void);
  socket = opened;
}

export function disconnect(): void {
  socket?.disconnect();
  socket = null;
  connection = "offline";
}

export interface Acknowledgement {
  success: boolean;
  error?: string;
  code?: string;
}

/** Sends an event and waits for its acknowledgement; fails when there is no connection. */
export async function request(name: string, payload: unknown): Promise<Acknowledgement> {
  if (!socket?.connected) throw new Error("not connected");
  return socket.timeout(10_000).emitWithAck(name, payload);
}

/** Sends an event that may be lost. */
export function tell(name: string, payload: unknown): void {
  if (socket?.connected) socket.emit(name, payload);
}
