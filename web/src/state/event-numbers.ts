// How much of each conversation is known: the number of its newest event up to which nothing is missing.

let numbers = new Map<string, number>();

/** Everything up to this event is known, from an answer that had it all. */
export function learn(id: string, number: number): void {
  numbers.set(id, number);
}

/** The same, unless something is known already. */
export function learnFirst(id: string, number: number): void {
  if (!numbers.has(id)) numbers.set(id, number);
}

/** What is known is too old to go on from. */
export const unlearn = (id: string): boolean => numbers.delete(id);

/** An event has come. Answers whether others before it are missing. */
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
