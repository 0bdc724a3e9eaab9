// The event up to which each conversation is known, without gaps.

let numbers = new Map<string, number>();

/** Everything up to this event is known from a response. */
export function learn(id: string, number: number): void {
  numbers.set(id, number);
}

/** The same, unless a number is already known. */
export function learnFirst(id: string, number: number): void {
  if (!numbers.has(id)) numbers.set(id, number);
}

/** The known number is too old to continue from. */
export const unlearn = (id: string): boolean => numbers.delete(id);

/** Records an event. Returns whether events before it are missing. */
export function advance(id: string, number: number): boolean {
  const known = numbers.get(id);
  if (known === undefined || number <= known) return false;
  if (number > known + 1) return true;
  numbers.set(id, number);
  return false;
}

export const numberOf = (id: string): number | undefined => numbers.get(id);

export function forget(): void {
  numbers = new Map();
}
