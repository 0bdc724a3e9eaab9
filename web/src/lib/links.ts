// Finds the URLs of a text, to make them clickable. The rules are those of `crates/domain/src/spans/mod.rs`;
// both share the cases in `crates/domain/vectors/links.json`.

export type Part = { text: string; href?: string };

const SCHEME = /[hH][tT][tT][pP][sS]?:\/\/(?=[\p{L}\p{M}\p{N}[])/gu;
const OF_ADDRESSES = /[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]/;
const WORD = /[\p{L}\p{M}\p{N}]/u;
const MARK = /\p{M}/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
/** Scripts without spaces between words, and Korean, which has none before particles. */
const NEEDS_NO_SPACE =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Yiii}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]/u;
const MARK_BEFORE = /(\*{1,3}|_{1,3}|~{1,3}|={2,3}|'{1,3})$/;
/** A Markdown mark further before a URL than this is not considered. */
const MAX_MARK_DISTANCE = 500;
/** Belongs to the sentence rather than to the URL before it. */
const SENTENCE_END = ".,:;!?'*_~";
const PARTNERS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
/** A bracket without a partner within this many characters has none. */
const MAX_BRACKETED = 500;

/** Splits a text into URLs and the text between them; joined, the parts are the text again. */
export function linked(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  SCHEME.lastIndex = 0;
  for (let match = SCHEME.exec(text); match; match = SCHEME.exec(text)) {
    const body = match.index + match[0].length;
    const end = endOf(text, match.index, body);
    if (end === body) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index) });
    const href = text.slice(match.index, end);
    parts.push({ text: href, href });
    done = SCHEME.lastIndex = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

/** The end of the URL that starts at `start`, with its host at `body`. */
function endOf(text: string, start: number, body: number): number {
  const around = markAround(text, start);
  const open: { partner: string; at: number }[] = [];
  let end = body;
  let inHost = true;
  let before = "/";
  for (let at = body; at < text.length; at = end) {
    const c = characterAt(text, at);
    if (around && closes(text, at, around)) break;
    const partner = PARTNERS[c];
    if (partner) open.push({ partner, at });
    else if (")]}".includes(c)) {
      if (open.at(-1)?.partner !== c) break;
      open.pop();
    } else if (!belongs(c, before, inHost)) break;
    if (open[0] && at - open[0].at > MAX_BRACKETED) break;
    inHost &&= !"/?#".includes(c);
    end = at + c.length;
    // `Python_(消歧义)`: text in brackets may also start after the `_`.
    if (!(c === "(" && before === "_")) before = c;
  }
  end = open[0]?.at ?? end;
  end = Math.min(end, body + hostEnd(text.slice(body, end)));
  while (end > body && SENTENCE_END.includes(text.charAt(end - 1))) end -= 1;
  // No host ends like this.
  if (!/[/?#]/.test(text.slice(body, end)))
    while (end > body && "-+.:".includes(text.charAt(end - 1))) end -= 1;
  return end;
}

/**
 * The position of a colon that is not followed by a port; otherwise the end of the URL (without its scheme).
 */
function hostEnd(address: string): number {
  const authority = address.slice(0, Math.max(address.search(/[/?#]/), 0) || address.length);
  const host = authority.lastIndexOf("@") + 1;
  // `[::1]:8080`
  const colon = authority.indexOf(":", Math.max(host, authority.lastIndexOf("]")));
  if (colon < 0) return address.length;
  return /^[0-9]*$/.test(authority.slice(colon + 1)) ? address.length : colon;
}

/** The Markdown mark or quote around a URL: right before it, or before words on the same line. */
function markAround(text: string, start: number): string {
  const direct = text.slice(Math.max(start - 3, 0), start).match(MARK_BEFORE)?.[0];
  if (direct) return direct;
  const line =
    text
      .slice(Math.max(start - MAX_MARK_DISTANCE, 0), start)
      .split("\n")
      .at(-1) ?? "";
  return ["**", "~~", "=="].find((mark) => isOpen(line, mark)) ?? "";
}

/** Whether a mark is opened in a text and not closed: there is no space on its inner side. */
function isOpen(text: string, mark: string): boolean {
  let open = false;
  let from = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
    const inner = open ? text.charAt(at - 1) : text.charAt(at + mark.length);
    if (inner && /\S/u.test(inner) && inner !== mark.charAt(0)) open = !open;
    from = at + mark.length;
  }
  return open;
}

function characterAt(text: string, at: number): string {
  return text.charCodeAt(at) < 0x80 ? text.charAt(at) : String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function belongs(c: string, before: string, inHost: boolean): boolean {
  if (c < "\x80") return OF_ADDRESSES.test(c);
  if (!WORD.test(c) || INVISIBLE.test(c)) return false;
  if (MARK.test(c) || !NEEDS_NO_SPACE.test(c)) return true;
  const begins = (inHost ? "/.@" : "/?#=&+_-:").includes(before);
  return begins || (before >= "\x80" && NEEDS_NO_SPACE.test(before));
}

/** Whether the mark before a URL closes here. Within a word, `_` does not. */
function closes(text: string, at: number, mark: string): boolean {
  if (!text.startsWith(mark, at)) return false;
  const next = characterAt(text, at + mark.length);
  const goesOn = WORD.test(next) && !INVISIBLE.test(next) && !NEEDS_NO_SPACE.test(next);
  return !/^[_']/.test(mark) || !goesOn;
}
