// Whether anybody translates: asked only while somebody waits for a translation that does not come.

import { at } from "../lib/base";

/** Most translations are there before one would ask. */
const FIRST_MS = 3000;
const EVERY_MS = 10_000;

let areDown = $state(false);
let waiting = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export const translators = {
  get areDown(): boolean {
    return areDown;
  },
};

/** Somebody waits, until the answer is called. */
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
    // Without a connection there is nothing to say about translators; that is said elsewhere.
  }
  timer ??= setTimeout(ask, EVERY_MS);
}
