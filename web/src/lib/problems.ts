// What to tell people when the server refuses something.

import { ApiError } from "../api/client";
import type { Texts } from "../i18n/en";

/** A text of the interface, or the server's own words where there is none. */
export type Problem = { text: keyof Texts } | { words: string };

const KNOWN: Partial<Record<string, keyof Texts>> = {
  OFFLINE: "offlineError",
  ALREADY_EXISTS: "taken",
  RATE_LIMIT_EXCEEDED: "tooMany",
};

export function problemOf(error: unknown): Problem {
  if (!(error instanceof ApiError)) throw error;
  const text = KNOWN[error.code];
  return text ? { text } : { words: error.message };
}
