// REST responses and socket events arrive in any order: a response may be older than an event before it.

/** For each pending response: the events that arrived in the meantime. */
const awaited = new Set<(() => void)[]>();

/** Wraps an event handler, so that a pending response does not undo its changes. */
export function lasting<Event>(handle: (event: Event) => void): (event: Event) => void {
  return (event) => {
    handle(event);
    for (const meanwhile of awaited) meanwhile.push(() => handle(event));
  };
}

/** Applies a response, and replays the events that have overtaken it; handlers must be idempotent. */
export async function take<Answer>(asked: Promise<Answer>, apply: (answer: Answer) => void): Promise<void> {
  const meanwhile: (() => void)[] = [];
  awaited.add(meanwhile);
  try {
    apply(await asked);
  } finally {
    awaited.delete(meanwhile);
  }
  for (const again of meanwhile) again();
}
