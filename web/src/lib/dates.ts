// Times for people, in their own language.

export const timeOf = (iso: string, language: string): string =>
  new Date(iso).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });

export const exactTime = (iso: string, language: string): string =>
  new Date(iso).toLocaleString(language, { dateStyle: "full", timeStyle: "medium" });

export const dayOf = (iso: string, language: string): string =>
  new Date(iso).toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });

/** The time today, the day before. */
export function shortDate(iso: string, language: string): string {
  const isToday = new Date(iso).toDateString() === new Date().toDateString();
  return isToday
    ? timeOf(iso, language)
    : new Date(iso).toLocaleDateString(language, { day: "numeric", month: "short" });
}
