// What is hidden from the reader, everywhere in the same way: also from screen readers, in quotes and in lists.

import { hasPassed } from "../lib/clock.svelte";
import type { Texts } from "../i18n/en";

/** Why a text or a file is hidden. */
export type Concealment = "blurred" | "viewOnce" | "expired";

interface Concealable {
  id: string;
  isBlurred: boolean;
  isViewOnce: boolean;
  expiresAt?: string | null;
}

/** What the reader has revealed since the page was loaded. */
let revealed = $state<Record<string, true>>({});

/**
 * Why a message or a file is not shown; `null` if it is. A text that may be viewed only once appears only where the
 * server gives it out, this once.
 */
export function conceal({ id, isBlurred, isViewOnce, expiresAt }: Concealable): Concealment | null {
  if (expiresAt && hasPassed(expiresAt)) return "expired";
  if (isViewOnce) return "viewOnce";
  return isBlurred && !revealed[id] ? "blurred" : null;
}

/** What is shown instead of a hidden message. */
export const PLACEHOLDERS = {
  blurred: "blurredMessage",
  viewOnce: "viewOnceMessage",
  expired: "expiredMessage",
} satisfies Record<Concealment, keyof Texts>;

/** Shows a blurred message or file. */
export function reveal(id: string): void {
  revealed[id] = true;
}

/** For the next user. */
export function forgetRevealed(): void {
  revealed = {};
}
