// Texts folded for searching, by the rule of the server (crates/domain/src/text/fold.rs).

/** Characters that many omit or exchange, after folding. */
const OTHERS: Record<string, string> = {
  ...{ ø: "o", ł: "l", đ: "d", ð: "d", ɖ: "d", ɗ: "d", ħ: "h", ı: "i", ɨ: "i", ŧ: "t", ŋ: "n", ɲ: "n" },
  ...{ ɓ: "b", ƙ: "k", ƴ: "y", ɛ: "e", ə: "e", ǝ: "e", ɔ: "o", ƒ: "f", æ: "ae", œ: "oe", þ: "th" },
  // Keyboards for Persian, Urdu and Kurdish have their own letters for these.
  ...{ ی: "ي", ى: "ي", ے: "ي", ې: "ي", ک: "ك", ڪ: "ك", ہ: "ه", ھ: "ه", ە: "ه", ة: "ه", ٱ: "ا", ـ: "" },
};

/** Marks that may be omitted: marks of other scripts are vowels, and two of them change the kana. */
const ACCENT =
  /(?=\p{Mn})(?![\u3099\u309a])[\p{sc=Inherited}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Greek}\p{sc=Cyrillic}]/u;
const APOSTROPHE = /['\u2019\u2018\u02bc\u02bb\u2032`\u00b4\uff07]/;
const INVISIBLE = /(?!\p{White_Space})[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/u;

/** A character with the marks after it, which are folded together; half-width kana have marks of their own. */
const CLUSTER = /[\u1100-\u11ff]+|[^\p{M}\uff9e\uff9f][\p{M}\uff9e\uff9f]*|[\p{M}\uff9e\uff9f]+/gu;

const foldedCase = (text: string): string =>
  [...text.toUpperCase()].map((character) => character.toLowerCase()).join("");

function foldedCluster(cluster: string): string {
  const once = foldedCase(cluster.normalize("NFD")).normalize("NFKC");
  const folded = foldedCase(once).normalize("NFKC").normalize("NFD");
  const kept = [...folded].filter(
    (character) => !ACCENT.test(character) && !APOSTROPHE.test(character) && !INVISIBLE.test(character),
  );
  return kept
    .map((character) => OTHERS[character] ?? character)
    .join("")
    .normalize("NFC");
}

/** A folded text, and from where to where in the text each of its UTF-16 units comes from. */
export interface Folded {
  text: string;
  starts: number[];
  ends: number[];
}

export function folded(text: string): Folded {
  const clusters = [...text.matchAll(CLUSTER)].flatMap(({ 0: cluster, index }) =>
    // By UTF-16 unit, as strings are compared.
    foldedCluster(cluster)
      .split("")
      .map((unit) => ({ unit, start: index, end: index + cluster.length })),
  );
  // Many omit the dot of `Gal·la`.
  const units = clusters.filter(
    ({ unit }, index) =>
      unit !== "·" || clusters[index - 1]?.unit !== "l" || clusters[index + 1]?.unit !== "l",
  );
  return {
    text: units.map(({ unit }) => unit).join(""),
    starts: units.map(({ start }) => start),
    ends: units.map(({ end }) => end),
  };
}

/** A text folded for searching: ignoring case (also `ß` as `ss`), accents and compatibility forms. */
export const plain = (text: string): string => folded(text).text;
