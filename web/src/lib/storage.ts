// What this device remembers, as JSON. A browser that forbids it makes us forgetful, not broken.
//
// `theme`, `interface`, `session` and `ended` (the session) belong to the device. Everything else belongs to a person: its key ends with their
// id (`personal`), and it is forgotten when they sign out, or when somebody else signs in.

const PREFIX = "meeshy.";

/** Drafts, unsent messages and habits are personal, these are not. `session` has its own rules. */
const OF_THE_DEVICE = ["theme", "interface", "session", "ended"];

export function load<T>(key: string, fallback: T): T {
  try {
    const kept = localStorage.getItem(PREFIX + key);
    return kept === null ? fallback : (JSON.parse(kept) as T);
  } catch {
    return fallback;
  }
}

/** Keeps a value; `null` forgets it. Answers whether the browser let us. */
export function save(key: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    // Full or forbidden: the page still has the value until it is closed.
    return false;
  }
}

/** The key of something that belongs to a person. */
export const personal = (userId: string, key: string): string => `${key}.${userId}`;

/** Whether an event of another tab's change is about this key. */
export const isAbout = (event: StorageEvent, key: string): boolean => event.key === PREFIX + key;

/** Forgets what belongs to people, but for one of them. */
export function forgetPeople(except?: string): void {
  try {
    const kept = (key: string) =>
      OF_THE_DEVICE.includes(key) || (except !== undefined && key.endsWith(`.${except}`));
    for (const key of Object.keys(localStorage))
      if (key.startsWith(PREFIX) && !kept(key.slice(PREFIX.length))) localStorage.removeItem(key);
  } catch {
    // Forbidden: then nothing is there.
  }
}
