// Notices that a reader has dismissed.

import { load, personal, save } from "../lib/storage";

/** The oldest are forgotten, and shown again. */
const MAX_KEPT = 200;

let key = "";
let dismissed = $state.raw<string[]>([]);

/** Loads what the user dismissed on this device earlier. */
export function openDismissed(userId: string): void {
  key = personal(userId, "dismissed");
  dismissed = load(key, []);
}

export const isDismissed = (what: string): boolean => dismissed.includes(what);

export function dismiss(what: string): void {
  dismissed = [...dismissed.filter((known) => known !== what), what].slice(-MAX_KEPT);
  save(key, dismissed);
}
