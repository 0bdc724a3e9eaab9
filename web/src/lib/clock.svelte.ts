// The time, for what is shown until then.

import { createSubscriber } from "svelte/reactivity";

const TICK_MS = 1000;

/** Runs only while something shown depends on it. */
const tick = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** Whether a time has come; an effect that asks is run again when it does. */
export function hasPassed(time: string): boolean {
  if (Date.parse(time) <= Date.now()) return true;
  tick();
  return false;
}
