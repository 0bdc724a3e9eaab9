// Answers over REST, and events over the socket, come in any order: an answer may be older than an event before it.

/** For each answer that is on its way: the events that have come meanwhile. */
const awaited = new Set<(() => void)[]>();

/** An event's handler. What it changes, an answer that was on its way then does not take back. */
export function lasting<Event>(handle: (event: Event) => void): (event: Event) => void {
  return (event) => {
    handle(event);
    for (const meanwhile of awaited) meanwhile.push(() => handle(event));
  };
}

/** Takes an answer, and once more the events that have overtaken it, which must change nothing the second time. */
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
