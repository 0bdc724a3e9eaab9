// Data stored on this device, as JSON. Without storage, the page works, but forgets. `theme`, `interface`,
// `session` and `ended` (the session) belong to the device. Everything else belongs to a user: its key ends
// with their id (`personal`), and it is removed when they sign out, or when another user signs in.

const PREFIX = "meeshy.";

/** Drafts, unsent messages and habits are personal, these are not. `session` has its own rules. */
const DEVICE_KEYS = ["theme", "interface", "session", "ended"];

export function load<T>(key: string, fallback: T): T {
  try {
    const kept = localStorage.getItem(PREFIX + key);
    return kept === null ? fallback : (JSON.parse(kept) as T);
  } catch {
    return fallback;
  }
}

/** Stores a value; `null` removes it. Returns whether that succeeded. */
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

/** The key of a user's data. */
export const personal = (userId: string, key: string): string => `${key}.${userId}`;

/** Whether a change in another tab concerns this key. */
export const isAbout = (event: StorageEvent, key: string): boolean => event.key === PREFIX + key;

/** Removes the data of all users except one. */
export function forgetPeople(except?: string): void {
  try {
    const kept = (key: string) =>
      DEVICE_KEYS.includes(key) || (except !== undefined && key.endsWith(`.${except}`));
    for (const key of Object.keys(localStorage))
      if (key.startsWith(PREFIX) && !kept(key.slice(PREFIX.length))) localStorage.removeItem(key);
  } catch {
    // Forbidden: there is no data.
  }
}
