// The part of a long timeline that is in the page: a hundred thousand messages scroll like a hundred.
//
// A span is named by the number of its last message, or `null` where it ends with the timeline: so it stands still
// while messages come before it and behind it.

export type SpanEnd = number | null;

interface Numbered {
  sequence: number;
}

/** Messages in the page. */
export const SPAN = 150;
/** Messages that a span moves by. */
const STEP = 50;

/** The messages of the span. */
export function span<T extends Numbered>(messages: readonly T[], end: SpanEnd): T[] {
  const stop = indexAfter(messages, end);
  return messages.slice(Math.max(0, stop - SPAN), stop);
}

/** The span a step nearer to the beginning; the same where there is nothing more. */
export function earlier(messages: readonly Numbered[], end: SpanEnd): SpanEnd {
  const stop = indexAfter(messages, end);
  return stop <= SPAN ? end : endAt(messages, Math.max(SPAN, stop - STEP));
}

/** The span a step nearer to the end. */
export function later(messages: readonly Numbered[], end: SpanEnd): SpanEnd {
  return endAt(messages, indexAfter(messages, end) + STEP);
}

/** A span that has this message in it, and some behind it. */
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
