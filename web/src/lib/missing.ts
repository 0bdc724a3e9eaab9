// Which translations of a conversation are missing, and why: shown once, not for each message.

import type { Message, TranslationState } from "../api/schema";
import { shownText, type Reader } from "./reader";

/**
 * `none`: no engine for these languages; `outOfOrder`: the engine is out of order; `failed`: translation
 * failed; `later`: no translator is running; `downloading`: the model is being downloaded.
 */
export type Cause = "none" | "outOfOrder" | "failed" | "later" | "downloading";

export interface Missing {
  cause: Cause;
  /** The languages of the messages, sorted. */
  languages: string[];
}

/** The cause for a code of the server; unknown codes of newer servers count as `none`. */
function causeOf(known: TranslationState | undefined, areDown: boolean): Cause | undefined {
  if (!known || known.state === "pending") {
    if (areDown) return "later";
    return known?.reasonCode === "model_downloading" ? "downloading" : undefined;
  }
  if (known.state === "failed") return "failed";
  return known.reasonCode === "engine_unusable" ? "outOfOrder" : "none";
}

/** The translations of some messages that a reader misses; `areDown` means that no translator is running. */
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
