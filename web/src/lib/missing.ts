// What a reader is told once in a conversation, not under each message: which translations are missing, and why.

import type { Message, TranslationState } from "../api/wire";
import { shownText, type Reader } from "./reader";

/**
 * `none`: nothing here translates these languages; `outOfOrder`: what does is out of order; `failed`: it was tried;
 * `later`: nobody translates at the moment; `downloading`: the model for them is being downloaded.
 */
export type Cause = "none" | "outOfOrder" | "failed" | "later" | "downloading";

export interface Missing {
  cause: Cause;
  /** Of the messages; in order. */
  languages: string[];
}

/** By the codes of the server; what a newer server says is `none`, too: there is no translation. */
function causeOf(known: TranslationState | undefined, areDown: boolean): Cause | undefined {
  if (!known || known.state === "pending") {
    if (areDown) return "later";
    return known?.reasonCode === "model_downloading" ? "downloading" : undefined;
  }
  if (known.state === "failed") return "failed";
  return known.reasonCode === "engine_unusable" ? "outOfOrder" : "none";
}

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
    const cause = causeOf(known, areDown);
    if (!cause) continue;
    found.set(cause, (found.get(cause) ?? new Set()).add(message.originalLanguage));
  }
  return [...found].map(([cause, languages]) => ({ cause, languages: [...languages].sort() }));
}
