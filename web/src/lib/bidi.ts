// Characters that change the direction of what stands around them. A text keeps to its own place (`<bdi>`); where it is a
// name, they have no use but to deceive: `photo_<U+202E>gpj.exe` would be read as `photo_exe.jpg`.
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
