// What this device has written and the server has not acknowledged. It survives a reload, goes out in order, and goes
// out again under the same id, so that nothing is ever lost or sent twice.

import { newId } from "../lib/ids";
import { isAbout, load, personal, save } from "../lib/storage";
import { isConnected, request } from "../realtime/socket.svelte";
import type { Draft } from "./timeline";

/** Refusals of the message itself; anything else is worth another try. */
const FINAL = new Set([
  "VALIDATION_ERROR",
  "CONVERSATION_NOT_FOUND",
  "CONVERSATION_ACCESS_DENIED",
  "FORBIDDEN",
  "INVALID_OPERATION",
]);
const RETRY_MS = 2000;

/** Empty while nobody is signed in: then nothing is kept. */
let key = "";
let drafts = $state.raw<Draft[]>([]);
/** Whether the browser keeps the drafts; if not, they are only here. */
let isKept = true;
let isFlushing = false;

export const outbox = {
  get drafts(): Draft[] {
    return drafts;
  },
  /** How many wait for the connection. */
  get waiting(): number {
    return drafts.filter((draft) => draft.state === "sending").length;
  },
};

/** Takes up what somebody wrote on this device earlier. */
export function openOutbox(userId: string): void {
  key = personal(userId, "outbox");
  isKept = true;
  change((kept) => kept.filter((draft) => draft.state !== "sent"));
}

/** Nothing is shown or kept from now on; what is on this device stays there. */
export function closeOutbox(): void {
  key = "";
  drafts = [];
}

addEventListener("storage", (event) => {
  if (key && isAbout(event, key) && isKept) drafts = load(key, []);
});

/** Other tabs write too, so a change begins with what is kept. */
function change(apply: (kept: Draft[]) => Draft[]): void {
  if (!key) return;
  drafts = apply(isKept ? load<Draft[]>(key, []) : drafts);
  isKept = save(key, drafts);
}

function mark(clientMessageId: string, changes: Partial<Draft>): void {
  change((kept) =>
    kept.map((draft) => (draft.clientMessageId === clientMessageId ? { ...draft, ...changes } : draft)),
  );
}

/** `originalLanguage` is the one that was chosen; the server finds it out otherwise. */
export function write(conversationId: string, content: string, originalLanguage: string | null): void {
  const createdAt = new Date().toISOString();
  const draft: Draft = {
    clientMessageId: newId(),
    conversationId,
    content,
    originalLanguage,
    createdAt,
    state: "sending",
  };
  change((kept) => [...kept, draft]);
  void flush();
}

/** Drops a message: it was given up, or it has come back from the server. */
export function discard(clientMessageId: string): void {
  if (drafts.some((draft) => draft.clientMessageId === clientMessageId)) {
    change((kept) => kept.filter((draft) => draft.clientMessageId !== clientMessageId));
  }
}

export function retry(clientMessageId: string): void {
  mark(clientMessageId, { state: "sending", problem: undefined });
  void flush();
}

/** Sends what waits, one after the other, until something stands in the way. */
export async function flush(): Promise<void> {
  if (isFlushing) return;
  isFlushing = true;
  try {
    for (let draft = next(); draft; draft = next()) await send(draft);
  } catch {
    // Without a connection, the next one begins again.
    if (isConnected()) setTimeout(() => void flush(), RETRY_MS);
  } finally {
    isFlushing = false;
  }
}

const next = () => drafts.find((draft) => draft.state === "sending");

async function send({ clientMessageId, conversationId, content, originalLanguage }: Draft): Promise<void> {
  const message = { clientMessageId, conversationId, content, originalLanguage };
  const answer = await request("message:send", message);
  if (answer.success) mark(clientMessageId, { state: "sent" });
  else if (FINAL.has(answer.code ?? "")) mark(clientMessageId, { state: "failed", problem: answer.error });
  else throw new Error(answer.error);
}
