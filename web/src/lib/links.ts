// Addresses in a text, so that they can be followed.

export type Part = { text: string; href?: string };

const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
/** Belongs to the sentence rather than to the address before it. */
const SENTENCE_END = /[.,;:!?'"»”’)\]}…。，！？]+$/;

/** Cuts a text into addresses and what lies between them; joined, the parts are the text again. */
export function linked(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const href = trimmed(match[0]);
    if (match.index > done) parts.push({ text: text.slice(done, match.index) });
    parts.push({ text: href, href });
    done = match.index + href.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

/** Without the sentence's end, but with a closing bracket that the address itself has opened. */
function trimmed(address: string): string {
  const end = address.match(SENTENCE_END)?.[0] ?? "";
  const short = address.slice(0, address.length - end.length);
  return end.startsWith(")") && short.includes("(") ? `${short})` : short;
}
