// The person whose profile is open. The dialog belongs to the page, not to where it was opened.

let shown = $state<string | null>(null);

export const profile = {
  /** The id of the user; `null` if none is open. */
  get shown(): string | null {
    return shown;
  },
};

export function showProfile(userId: string): void {
  shown = userId;
}

export function hideProfile(): void {
  shown = null;
}
