/** A text as it is looked for: in any case (also `ß` as `ss`), accents and compatible letters aside. */
export const plain = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC");
