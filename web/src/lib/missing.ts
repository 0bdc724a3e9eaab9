// What a reader is told once in a conversation, not under each message: which translations are missing, and why.

import type { Message } from "../api/wire";
import { shownText, type Reader } from "./reader";

/**
 * `none`: nothing here translates these languages; `outOfOrder`: what does is out of order; `failed`: it was tried;
 * `later`: nobody translates at the moment.
 */
export type Cause = "none" | "outOfOrder" | "failed" | "later";

export interface Missing {
  cause: Cause;
  /** Of the messages; in order. */
  languages: string[];
}

/** By the codes of the server; what a newer server says is `none`, too: there is no translation. */
const causeOf = (code: string | undefined): Cause => (code === "engine_unusable" ? "outOfOrder" : "none");

/** The translations that a reader misses among some messages; `areDown` says that nobody translates. */
export function missingTranslations(
  reader: Reader,
  messages: readonly Message[],
  areDown: boolean,
): Missing[] {
  const found = new Map<Cause, Set<string>>();
  for (const message of messages) {
    const shown = shownText(reader, message);
    if (shown.kind !== "waiting") continue;
    const known = message.translationStates.find((state) => state.targetLanguage === shown.wanted);
    const isPending = !known || known.state === "pending";
    if (isPending && !areDown) continue;
    const ended = known?.state === "failed" ? "failed" : causeOf(known?.reasonCode);
    const cause = isPending ? "later" : ended;
    found.set(cause, (found.get(cause) ?? new Set()).add(message.originalLanguage));
  }
  return [...found].map(([cause, languages]) => ({ cause, languages: [...languages].sort() }));
}
