// Characters that change the direction of the surrounding text. A text is isolated with `<bdi>`; overrides,
// and in a name all of them, can only deceive: `photo_<U+202E>gpj.exe` would be displayed as `photo_exe.jpg`.
// https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters

const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Line breaks and other control characters, which a name does not need either. */
const OTHER_CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** A name on one line, in its stored order. */
export const plainName = (name: string): string => name.replace(CONTROLS, "").replace(OTHER_CONTROLS, " ");

/** A text to be inserted into a sentence, whatever the direction of both. */
export const isolated = (text: string): string => `\u2068${plainName(text)}\u2069`;

const HAS_ENDING = /^(.+)(\.[^.\s]{1,10})$/su;

/**
 * Splits a file name, so that its extension can be shown at the end whatever the direction of the rest.
 * Characters that would change the order are shown as `\ufffd`, because somebody has tried to deceive.
 */
export function fileName(name: string): { stem: string; ending: string } {
  const shown = name.replace(CONTROLS, "\ufffd").replace(OTHER_CONTROLS, "\ufffd");
  const [, stem = shown, ending = ""] = HAS_ENDING.exec(shown) ?? [];
  return { stem, ending };
}

const OVERRIDES = /[\u202d\u202e]/gu;
/**
 * Characters that open or close an embedding or an isolate, and paragraph separators, which close all of
 * them.
 */
const OPENS_OR_CLOSES = /[\u202a-\u202e\u2066-\u2069]|[\n\r\u0085\u2029]/gu;
/** Deeper levels have no effect (UAX #9, BD2). */
const MAX_DEPTH = 125;

/**
 * The text of a message in its stored order: an override is shown as `\ufffd`. Embeddings and isolates, which
 * bidirectional text may need, are closed at the end of each paragraph, and none closes what it did not open.
 */
export function plainText(text: string): string {
  const open: string[] = [];
  const closed = () => open.splice(0).reverse().join("");
  const kept = text.replace(OVERRIDES, "\ufffd").replace(OPENS_OR_CLOSES, (c) => {
    if (c < "\u202a" || c === "\u2029") return closed() + c;
    if (c === "\u202c" || c === "\u2069") {
      // The end of an isolate also closes the embeddings in it; the end of an embedding does not close an
      // isolate.
      if (c === "\u202c" ? open.at(-1) !== c : !open.includes(c)) return "";
      const from = c === "\u202c" ? open.length - 1 : open.lastIndexOf(c);
      return open.splice(from).reverse().join("");
    }
    if (open.length >= MAX_DEPTH) return "";
    open.push(c < "\u2066" ? "\u202c" : "\u2069");
    return c;
  });
  return kept + closed();
}
