// Whether a translator is running: only requested while a translation is overdue.

import { at } from "../lib/base";

/** Most translations arrive before that. */
const FIRST_MS = 3000;
const POLL_INTERVAL_MS = 10_000;

let areDown = $state(false);
let waiting = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export const translators = {
  get areDown(): boolean {
    return areDown;
  },
};

/** A translation is awaited until the returned function is called. */
export function awaitTranslation(): () => void {
  waiting += 1;
  timer ??= setTimeout(ask, FIRST_MS);
  return () => {
    waiting -= 1;
  };
}

async function ask(): Promise<void> {
  timer = undefined;
  if (waiting === 0) return;
  try {
    const health = await (await fetch(at("/health"))).json();
    areDown = health.services?.translation?.status === "down";
  } catch {
    // Without a connection, nothing is reported about translators; the connection state is shown elsewhere.
  }
  timer ??= setTimeout(ask, POLL_INTERVAL_MS);
}
