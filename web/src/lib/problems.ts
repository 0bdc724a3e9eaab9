// User-facing texts for errors of the server.

import { ApiError } from "../api/client";
import type { Texts } from "../i18n/en";
import { t } from "../i18n/index.svelte";

const KNOWN: Partial<Record<string, keyof Texts>> = {
  OFFLINE: "offlineError",
  ALREADY_EXISTS: "taken",
  RATE_LIMIT_EXCEEDED: "tooMany",
  LINK_CLOSED: "linkClosed",
  SETUP_CODE_INVALID: "wrongSetupCode",
};

/** A text of the interface, or the server's message if there is none; other errors are rethrown. */
export function problemOf(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  const text = KNOWN[error.code];
  return text ? t(text) : error.message;
}
