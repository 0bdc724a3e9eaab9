// Messages written on this device that the server has not acknowledged. They survive a reload, are sent in
// order, and are resent under the same id, so that nothing is lost or duplicated.

import { newId } from "../lib/ids";
import { isAbout, load, personal, save } from "../lib/storage";
import { isConnected, request } from "../realtime/socket.svelte";
import { PLAIN, type Draft } from "./timeline";

/** Errors of the message itself; anything else is retried. */
const FINAL = new Set([
  "VALIDATION_ERROR",
  "CONVERSATION_NOT_FOUND",
  "CONVERSATION_ACCESS_DENIED",
  "FORBIDDEN",
  "INVALID_OPERATION",
]);
const RETRY_MS = 2000;

/** Empty while signed out: nothing is stored then. */
let key = "";
let drafts = $state.raw<Draft[]>([]);
/** Whether the browser stores the drafts; if not, they are only in memory. */
let isKept = true;
let isFlushing = false;

export const outbox = {
  get drafts(): Draft[] {
    return drafts;
  },
  /** The number of messages waiting for the connection. */
  get waiting(): number {
    return drafts.filter((draft) => draft.state === "sending").length;
  },
};

/** Loads what the user wrote on this device earlier. */
export function openOutbox(userId: string): void {
  key = personal(userId, "outbox");
  isKept = true;
  change((kept) => kept.filter((draft) => draft.state !== "sent"));
}

/** Stops showing and storing messages; what is stored on this device stays. */
export function closeOutbox(): void {
  key = "";
  drafts = [];
}

addEventListener("storage", (event) => {
  if (key && isAbout(event, key) && isKept) drafts = load(key, []);
});

/** Other tabs write too, so a change starts from the stored state. */
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

/** `originalLanguage` is the selected one; otherwise the server detects it. */
export function write(
  conversationId: string,
  content: string,
  originalLanguage: string | null,
  replyToId?: string,
  disclosure = PLAIN,
  files: { id: string; name: string }[] = [],
): void {
  const createdAt = new Date().toISOString();
  const draft: Draft = {
    clientMessageId: newId(),
    conversationId,
    content,
    originalLanguage,
    replyToId,
    disclosure,
    files,
    createdAt,
    state: "sending",
  };
  change((kept) => [...kept, draft]);
  void flush();
}

/** Removes a message: it was discarded, or it has come back from the server. */
export function discard(clientMessageId: string): void {
  if (drafts.some((draft) => draft.clientMessageId === clientMessageId)) {
    change((kept) => kept.filter((draft) => draft.clientMessageId !== clientMessageId));
  }
}

export function retry(clientMessageId: string): void {
  mark(clientMessageId, { state: "sending", problem: undefined });
  void flush();
}

/** Sends queued messages one after the other, until one fails. */
export async function flush(): Promise<void> {
  if (isFlushing) return;
  isFlushing = true;
  try {
    for (let draft = next(); draft; draft = next()) await send(draft);
  } catch {
    // Without a connection, the next one retries.
    if (isConnected()) setTimeout(() => void flush(), RETRY_MS);
  } finally {
    isFlushing = false;
  }
}

const next = () => drafts.find((draft) => draft.state === "sending");

async function send(draft: Draft): Promise<void> {
  const { clientMessageId, conversationId, content, originalLanguage, replyToId } = draft;
  const { isViewOnce, isBlurred, lifetime } = draft.disclosure ?? PLAIN;
  // From when it is sent: what waited for a connection would have expired.
  const expiresAt = lifetime ? new Date(Date.now() + lifetime).toISOString() : null;
  const disclosure = { isViewOnce, isBlurred, expiresAt };
  const attachmentIds = (draft.files ?? []).map((file) => file.id);
  const text = { clientMessageId, conversationId, content, originalLanguage, replyToId };
  const message = { ...text, attachmentIds, ...disclosure };
  const answer = await request("message:send", message);
  if (answer.success) mark(clientMessageId, { state: "sent" });
  else if (FINAL.has(answer.code ?? "")) mark(clientMessageId, { state: "failed", problem: answer.error });
  else throw new Error(answer.error);
}
