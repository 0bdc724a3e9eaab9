// The rendered part of a long timeline: a hundred thousand messages scroll like a hundred. A span is
// identified by the number of its last message, or `null` if it ends with the timeline, so that it does not
// move when messages are added on either side.

export type SpanEnd = number | null;

interface Numbered {
  sequence: number;
}

/** The number of rendered messages. */
export const SPAN = 150;
/** The number of messages by which a span moves. */
const STEP = 50;

/** The messages of the span. */
export function span<T extends Numbered>(messages: readonly T[], end: SpanEnd): T[] {
  const stop = indexAfter(messages, end);
  return messages.slice(Math.max(0, stop - SPAN), stop);
}

/** The span one step earlier; the same if there are no more messages. */
export function earlier(messages: readonly Numbered[], end: SpanEnd): SpanEnd {
  const stop = indexAfter(messages, end);
  return stop <= SPAN ? end : endAt(messages, Math.max(SPAN, stop - STEP));
}

/** The span one step later. */
export function later(messages: readonly Numbered[], end: SpanEnd): SpanEnd {
  return endAt(messages, indexAfter(messages, end) + STEP);
}

/** A span that contains this message, and some after it. */
export function around(messages: readonly Numbered[], sequence: number): SpanEnd {
  return endAt(messages, indexAfter(messages, sequence) + STEP);
}

function indexAfter(messages: readonly Numbered[], end: SpanEnd): number {
  if (end === null) return messages.length;
  const index = messages.findIndex((message) => message.sequence > end);
  return index < 0 ? messages.length : index;
}

function endAt(messages: readonly Numbered[], stop: number): SpanEnd {
  return stop >= messages.length ? null : (messages[stop - 1]?.sequence ?? null);
}
