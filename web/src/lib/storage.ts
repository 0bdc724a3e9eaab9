// What this device remembers, as JSON. A browser that forbids it makes us forgetful, not broken.

export function load<T>(key: string, fallback: T): T {
  try {
    const kept = localStorage.getItem(`meeshy.${key}`);
    return kept === null ? fallback : (JSON.parse(kept) as T);
  } catch {
    return fallback;
  }
}

/** Keeps a value; `null` forgets it. Answers whether the browser let us. */
export function save(key: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(`meeshy.${key}`);
    else localStorage.setItem(`meeshy.${key}`, JSON.stringify(value));
    return true;
  } catch {
    // Full or forbidden: the page still has the value until it is closed.
    return false;
  }
}
