// How good translations are, and what is translated into a language here.

import type { Language, Translation } from "../api/schema";

export type Quality = NonNullable<Translation["quality"]>;

/** What is known about a translation. */
interface Judged {
  quality?: Quality | undefined;
  confidenceScore?: number | undefined;
}

/** Below this confidence, a translation without a grade is rough. */
const MIN_SCORE = 0.5;

/** The grade of a translation; `undefined` for an old one about which nothing is known. */
export function qualityOf({ quality, confidenceScore }: Judged): Quality | undefined {
  if (quality !== undefined) return quality;
  return confidenceScore !== undefined && confidenceScore < MIN_SCORE ? "rough" : undefined;
}

/** The best that a reader of a language can expect here: `none` if nothing is translated into it. */
export type Served = Quality | "unknown" | "none";

/** An older gateway does not say what it translates. */
type Serving = Partial<Pick<Language, "translatedFrom">>;

/** The languages from which a language is translated this well. */
export function servedFrom({ translatedFrom }: Serving, quality: Quality | "unknown"): readonly string[] {
  return translatedFrom?.[quality] ?? [];
}

export function servedBest(language: Serving): Served {
  const from = ["good", "fair", "unknown", "rough"] as const;
  return from.find((quality) => servedFrom(language, quality).length > 0) ?? "none";
}
