// Where a text has the words of a search, by the rule of the server (crates/domain/src/text/grams.rs).

import { folded, plain } from "./plain";

export interface Part {
  text: string;
  /** Whether it was searched for. */
  isFound: boolean;
}

/** What separates words: white space, punctuation, and everything in ASCII but letters and digits. */
const BORDER = /[\p{White_Space}\p{P}\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]/u;
const BORDERS = new RegExp(`${BORDER.source}+`, "u");
/** Scripts without spaces between words. */
const UNSPACED =
  /(?!\p{M})[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
/** Longer words are searched by their beginning. */
const MAX_WORD_CHARS = 64;
const MAX_WORDS = 8;

/** Characters before the first found word in an excerpt, and in the whole of it. */
const [BEFORE, WHOLE] = [40, 300];

interface Range {
  start: number;
  end: number;
}

/** The words that a search looks for. */
const searchedWords = (searched: string): string[] =>
  [...new Set(plain(searched).split(BORDERS))]
    .filter((word) => word !== "")
    .map((word) => [...word].slice(0, MAX_WORD_CHARS).join(""))
    .slice(0, MAX_WORDS);

/** Three characters or more are found anywhere in a word, fewer at its beginning if the script has spaces. */
const isFoundAnywhere = (word: string): boolean => [...word].length > 2 || UNSPACED.test(word);

/** Where a text has a word, in the order of the text. */
function placesOf(word: string, { text, starts, ends }: ReturnType<typeof folded>): Range[] {
  const places: Range[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const isStart = at === 0 || BORDER.test(text[at - 1] ?? "");
    if (isStart || isFoundAnywhere(word))
      places.push({ start: starts[at] ?? 0, end: ends[at + word.length - 1] ?? 0 });
  }
  return places;
}

/** Where a text has words of the search, without overlaps. */
function places(text: string, searched: string): Range[] {
  const whole = folded(text);
  const all = searchedWords(searched).flatMap((word) => placesOf(word, whole));
  const joined: Range[] = [];
  for (const place of all.sort((one, other) => one.start - other.start)) {
    const last = joined.at(-1);
    if (last && place.start < last.end) last.end = Math.max(last.end, place.end);
    else joined.push({ ...place });
  }
  return joined;
}

/** Whether a text has all words of the search. */
export function hasAll(text: string, searched: string): boolean {
  const whole = folded(text);
  return searchedWords(searched).every((word) => placesOf(word, whole).length > 0);
}

/** A text in parts, with the words of the search apart. */
export function marked(text: string, searched: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const { start, end } of places(text, searched)) {
    if (start > done) parts.push({ text: text.slice(done, start), isFound: false });
    parts.push({ text: text.slice(start, end), isFound: true });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done), isFound: false });
  return parts;
}

/** The part of a text around the first word of the search. */
export function excerpt(text: string, searched: string): string {
  const first = places(text, searched)[0]?.start ?? 0;
  const from = first > BEFORE ? wordAfter(text, first - BEFORE, first) : 0;
  const to = from + WHOLE < text.length ? inside(text, from + WHOLE) : text.length;
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
}

/** Where the next word begins, before `limit` if there is one; otherwise between two characters. */
function wordAfter(text: string, from: number, limit: number): number {
  const space = text.slice(from, limit).search(/\s/u);
  return space < 0 ? inside(text, from) : from + space + 1;
}

/** This place, or the one after the character that it would cut. */
const inside = (text: string, at: number): number =>
  at + (/^(?:[\udc00-\udfff]?[\p{M}\u200d]*)/u.exec(text.slice(at, at + WHOLE))?.[0].length ?? 0);
