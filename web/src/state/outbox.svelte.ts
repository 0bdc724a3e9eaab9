// What this device has written and the server has not acknowledged. It survives a reload, goes out in order, and goes
// out again under the same id, so that nothing is ever sent twice.

import { request } from "../realtime/socket.svelte";
import type { Draft } from "./timeline";

const KEY = "meeshy.outbox";
/** Refusals of the message itself; anything else is worth another try. */
const FINAL = new Set([
  "VALIDATION_ERROR",
  "CONVERSATION_NOT_FOUND",
  "CONVERSATION_ACCESS_DENIED",
  "FORBIDDEN",
]);

let drafts = $state<Draft[]>(load());
let flushing = false;

function load(): Draft[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function change(next: Draft[]): void {
  drafts = next;
  localStorage.setItem(KEY, JSON.stringify(next));
}

export const outbox = {
  get drafts(): Draft[] {
    return drafts;
  },
};

export function write(conversationId: string, content: string, originalLanguage: string): void {
  const clientMessageId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const createdAt = new Date().toISOString();
  change([
    ...drafts,
    { clientMessageId, conversationId, content, createdAt, state: "sending", originalLanguage } as Draft,
  ]);
  void flush();
}

export function discard(clientMessageId: string): void {
  change(drafts.filter((draft) => draft.clientMessageId !== clientMessageId));
}

export function retry(clientMessageId: string): void {
  change(
    drafts.map((draft) =>
      draft.clientMessageId === clientMessageId ? { ...draft, state: "sending" } : draft,
    ),
  );
  void flush();
}

export function clearOutbox(): void {
  change([]);
}

/** Sends what waits, one after the other, until something stands in the way. */
export async function flush(): Promise<void> {
  if (flushing) return;
  flushing = true;
  try {
    for (let draft = nextDraft(); draft; draft = nextDraft()) {
      const { clientMessageId } = draft;
      const { state: _state, problem: _problem, createdAt: _createdAt, ...payload } = draft;
      const answer = await request("message:send", payload);
      if (answer.success) discard(clientMessageId);
      else if (FINAL.has(answer.code ?? "")) fail(clientMessageId, answer.error ?? "");
      else throw new Error(answer.error);
    }
  } catch {
    // No connection, or a server in trouble: the next connection or the next tick tries again.
    setTimeout(() => void flush(), 2000);
  } finally {
    flushing = false;
  }
}

const nextDraft = () => drafts.find((draft) => draft.state === "sending");

function fail(clientMessageId: string, problem: string): void {
  change(
    drafts.map((draft) =>
      draft.clientMessageId === clientMessageId ? { ...draft, state: "failed", problem } : draft,
    ),
  );
}
