/** A text folded for searching: ignoring case (also `ß` as `ss`), accents and compatibility forms. */
export const plain = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC");
