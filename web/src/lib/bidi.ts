// Characters that change the direction of what stands around them. A text keeps to its own place (`<bdi>`); overrides, and in a name
// all of them, have no use but to deceive: `photo_<U+202E>gpj.exe` would be read as `photo_exe.jpg`.
// https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters

const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Line breaks and other controls, which a name has no use for either. */
const OTHER_CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** A name on one line, in the order in which it was written. */
export const plainName = (name: string): string => name.replace(CONTROLS, "").replace(OTHER_CONTROLS, " ");

/** A text to be put into a sentence, whatever the direction of both. */
export const isolated = (text: string): string => `\u2068${plainName(text)}\u2069`;

const HAS_ENDING = /^(.+)(\.[^.\s]{1,10})$/su;

/**
 * A file's name in two parts, so that its ending can stand at the end whatever the direction of the rest. Characters that
 * would change the order are shown as `\ufffd`: somebody has tried to.
 */
export function fileName(name: string): { stem: string; ending: string } {
  const shown = name.replace(CONTROLS, "\ufffd").replace(OTHER_CONTROLS, "\ufffd");
  const [, stem = shown, ending = ""] = HAS_ENDING.exec(shown) ?? [];
  return { stem, ending };
}

const OVERRIDES = /[\u202d\u202e]/gu;
/** What opens or closes an embedding or an isolate, and what ends a paragraph, and with it all of them. */
const OPENS_OR_CLOSES = /[\u202a-\u202e\u2066-\u2069]|[\n\r\u0085\u2029]/gu;
/** Deeper than that, none has an effect (UAX #9, BD2). */
const DEEPEST = 125;

/**
 * The text of a message, in the order in which it was written: an override is shown as `\ufffd`. Embeddings and isolates, which a text
 * in two directions may need, are closed at the end of each paragraph, and none closes what it has not opened.
 */
export function plainText(text: string): string {
  const open: string[] = [];
  const closed = () => open.splice(0).reverse().join("");
  const kept = text.replace(OVERRIDES, "\ufffd").replace(OPENS_OR_CLOSES, (c) => {
    if (c < "\u202a" || c === "\u2029") return closed() + c;
    if (c === "\u202c" || c === "\u2069") {
      // The end of an isolate ends the embeddings in it, too; the end of an embedding, no isolate.
      if (c === "\u202c" ? open.at(-1) !== c : !open.includes(c)) return "";
      const from = c === "\u202c" ? open.length - 1 : open.lastIndexOf(c);
      return open.splice(from).reverse().join("");
    }
    if (open.length >= DEEPEST) return "";
    open.push(c < "\u2066" ? "\u202c" : "\u2069");
    return c;
  });
  return kept + closed();
}
